import type {
  HistoryEntry,
  PendingCommand,
  SagaDefinition,
  StepCommand,
  StepDefinition,
  StepState,
} from '@skald/core';
import type { Snapshot } from '@skald/engine';
import { traceKey, tracesOf, type Traces } from './traces.js';
import type {
  CallView,
  StepView,
  TransactionItem,
  TransactionView,
  WaitingForView,
} from './view.schema.js';

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
    steps: stepsOf(snapshot, tracesOf(history), now),
  };
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

function waitingForOf({ definition, transaction }: Snapshot): WaitingForView[] {
  if (!definition) return [];
  const isParked = transaction.status === 'parked';
  const waiting: WaitingForView[] = [];
  for (const pending of transaction.state.pending) {
    const step = definition.steps[pending.step];
    const command = step && commandOf(step, pending);
    if (!command) continue;
    waiting.push({
      step: step.name,
      direction: pending.direction,
      ...operationOf(command),
      attempt: pending.attempt,
      maxAttempts: command.retry.maxAttempts + pending.firstAttempt - 1,
      nextAttemptAt: isParked ? null : time(pending.resendAt),
    });
  }
  return waiting;
}

function commandOf(step: StepDefinition, { direction }: PendingCommand): StepCommand | undefined {
  return direction === 'compensation' ? step.compensation : step.action;
}

function operationOf({ mapping }: StepCommand) {
  const { participant, operation } = mapping.operation;
  return { participant, operation };
}

/** Everything the calls of one transaction are described from. */
interface Scene {
  readonly snapshot: Snapshot;
  readonly traces: Traces;
  readonly now: number;
}

function stepsOf(snapshot: Snapshot, traces: Traces, now: number): StepView[] {
  const { definition, transaction } = snapshot;
  if (!definition) return [];
  const scene: Scene = { snapshot, traces, now };
  return definition.steps.map((step, index) => {
    const state = transaction.state.steps[index] ?? UNTOUCHED;
    return {
      name: step.name,
      kind: step.kind,
      state: state.status,
      action: callOf(scene, definition, { index, direction: 'action' }),
      compensation: step.compensation
        ? callOf(scene, definition, { index, direction: 'compensation' })
        : null,
    };
  });
}

const UNTOUCHED: StepState = { status: 'pending', actionAttempts: 0, compensationAttempts: 0 };

interface Place {
  readonly index: number;
  readonly direction: 'action' | 'compensation';
}

function callOf(scene: Scene, definition: SagaDefinition, place: Place): CallView {
  const step = definition.steps[place.index];
  const command = place.direction === 'action' ? step?.action : step?.compensation;
  const name = step?.name ?? '';
  const { payloads, state } = scene.snapshot.transaction;
  const key = traceKey(name, place.direction);
  const trace = scene.traces.get(key);
  const request = payloads.requests[key];
  const pending = state.pending.find(
    ({ step: index, direction }) => index === place.index && traceKey(name, direction) === key,
  );
  const reply = trace?.reply ?? (place.direction === 'action' ? payloads.replies[name] : null);
  const isDone = (reply ?? null) !== null;
  const lastError = isDone ? null : (pending?.lastError ?? null);
  return {
    participant: command?.mapping.operation.participant ?? '',
    operation: command?.mapping.operation.operation ?? '',
    attempts: attemptsOf(scene, place, pending),
    request: request === undefined ? null : (JSON.parse(request) as unknown),
    reply: reply ?? null,
    error: trace ? trace.error : lastError,
    startedAt: timeOrNull(trace?.startedAt ?? null),
    endedAt: timeOrNull(trace?.endedAt ?? null),
  };
}

/** Attempts that were sent: a pending one counts once it left, not while it waits for its backoff. */
function attemptsOf(scene: Scene, place: Place, pending: PendingCommand | undefined): number {
  const { transaction, definition } = scene.snapshot;
  const state = transaction.state.steps[place.index] ?? UNTOUCHED;
  const counted = place.direction === 'action' ? state.actionAttempts : state.compensationAttempts;
  if (pending?.direction !== place.direction) return counted;
  const key = traceKey(definition?.steps[place.index]?.name ?? '', place.direction);
  const isMapped = transaction.payloads.requests[key] !== undefined;
  const failedAttempt = scene.traces.get(key)?.failedAttempt;
  const failed =
    failedAttempt === undefined
      ? pending.lastError !== null
      : failedAttempt === pending.attempt - 1;
  const isBackingOff = failed && pending.resendAt > scene.now && transaction.status !== 'parked';
  const sent = isMapped && !isBackingOff ? pending.attempt : pending.attempt - 1;
  return Math.max(counted, sent);
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : time(ms);
}
