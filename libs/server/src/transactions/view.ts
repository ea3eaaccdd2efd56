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
  const { transaction } = snapshot;
  const { payloads } = transaction;
  const input = payloads.input ?? null;
  const output = payloads.output === null ? null : (JSON.parse(payloads.output) as unknown);
  const item = itemOf(snapshot);
  return isTwoPhase(transaction)
    ? { ...item, input, output, branches: branchesOf(snapshot, history, now) }
    : { ...item, input, output, steps: stepsOf(snapshot, history, now) };
}

/** The view without its payloads and steps, for lists. */
export function itemOf(snapshot: Snapshot): TransactionItem {
  const { started, transaction, owner, dueAt } = snapshot;
  const { parked, failure } = transaction.state;
  const item: TransactionItem = {
    id: transaction.id,
    protocol: started.protocol,
    definition: transaction.definition.name,
    definitionVersion: transaction.definition.version,
    status: transaction.status,
    version: transaction.version,
    labels: started.labels,
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
  return isTwoPhase(transaction) ? { ...item, ...outcomeOf(transaction.state.group) } : item;
}

/** The commands it waits for. */
function waitingForOf(snapshot: Snapshot): WaitingForView[] {
  if (snapshot.transaction.endedAt !== null) return [];
  return [...stepsAwaited(snapshot), ...branchesAwaited(snapshot)];
}
