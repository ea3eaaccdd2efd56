import { isTwoPhase, type HistoryEntry } from '@skald/core';
import type { Snapshot } from '@skald/engine';
import { branchesAwaited, branchesOf, outcomeOf } from './branches-view.js';
import { stepsAwaited, stepsOf } from './steps-view.js';
import { time, timeOrNull } from './time.js';
import type { TransactionItem, TransactionView, WaitingForView } from './view.schema.js';

/**
 * A transaction as the API shows it. `history` is complete, or empty when it is not at hand: then times
 * and replies of compensations are null. `now` is the database's clock, ms since the epoch.
 */
export function viewOf(
  snapshot: Snapshot,
  history: readonly HistoryEntry[],
  now: number,
): TransactionView {
  const { input, output } = snapshot.transaction.payloads;
  return {
    ...itemOf(snapshot),
    input: input ?? null,
    output: output === null ? null : (JSON.parse(output) as unknown),
    ...partsOf(snapshot, history, now),
  };
}

function partsOf(snapshot: Snapshot, history: readonly HistoryEntry[], now: number) {
  return isTwoPhase(snapshot.transaction)
    ? { branches: branchesOf(snapshot, history, now) }
    : { steps: stepsOf(snapshot, history, now) };
}

/** The view without its payloads and steps, for lists. */
export function itemOf(snapshot: Snapshot): TransactionItem {
  const { started, transaction, owner, dueAt } = snapshot;
  const { parked, failure } = transaction.state;
  return {
    id: transaction.id,
    protocol: started.protocol,
    definition: transaction.definition.name,
    definitionVersion: transaction.definition.version,
    status: transaction.status,
    version: transaction.version,
    labels: { ...started.labels },
    ...(isTwoPhase(transaction) && outcomeOf(transaction.state.group)),
    parked: parked && { ...parked, at: time(parked.at) },
    failure,
    waitingFor: waitingForOf(snapshot),
    owner: transaction.endedAt === null ? String(owner) : null,
    createdAt: time(transaction.startedAt),
    updatedAt: time(transaction.updatedAt),
    endedAt: timeOrNull(transaction.endedAt),
    dueAt: timeOrNull(dueAt),
    deadline: time(transaction.deadline),
  };
}

/** The commands it waits for. */
function waitingForOf(snapshot: Snapshot): WaitingForView[] {
  return [...stepsAwaited(snapshot), ...branchesAwaited(snapshot)];
}
