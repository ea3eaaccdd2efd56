import {
  isSaga,
  isTwoPhase,
  type HistoryEntry,
  type PendingCommand,
  type StepCommand,
  type StepDefinition,
  type StepState,
} from '@skald/core';
import type { Snapshot } from '@skald/engine';
import { branchesAwaited, branchesOf, outcomeOf } from './branches-view.js';
import { traceKey, tracesOf, type Trace, type Traces } from './traces.js';
import { time, timeOrNull } from './time.js';
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
    ...partsOf(snapshot, history, now),
  };
}

function partsOf(snapshot: Snapshot, history: readonly HistoryEntry[], now: number) {
  return isTwoPhase(snapshot.transaction)
    ? { branches: branchesOf(snapshot, history, now) }
    : { steps: stepsOf(snapshot, tracesOf(history), now) };
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
    ...(isTwoPhase(transaction) && outcomeOf(transaction)),
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

function waitingForOf(snapshot: Snapshot): WaitingForView[] {
  const { definition, transaction } = snapshot;
  if (isTwoPhase(transaction)) return branchesAwaited(snapshot);
  if (definition?.protocol !== 'saga' || !isSaga(transaction)) return [];
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

function stepsOf(snapshot: Snapshot, traces: Traces, now: number): StepView[] {
  const { definition, transaction } = snapshot;
  if (definition?.protocol !== 'saga' || !isSaga(transaction)) return [];
  return definition.steps.map((step, index) => {
    const state = transaction.state.steps[index] ?? UNTOUCHED;
    const call = (direction: 'action' | 'compensation', command: StepCommand): Call => {
      const key = traceKey(step.name, direction);
      const pending = transaction.state.pending.find(
        (one) => one.step === index && traceKey(step.name, one.direction) === key,
      );
      const request = transaction.payloads.requests[key];
      return {
        snapshot,
        now,
        step,
        state,
        direction,
        command,
        pending,
        request,
        trace: traces.get(key),
      };
    };
    return {
      name: step.name,
      kind: step.kind,
      state: state.status,
      action: callView(call('action', step.action)),
      compensation: step.compensation ? callView(call('compensation', step.compensation)) : null,
    };
  });
}

const UNTOUCHED: StepState = { status: 'pending', actionAttempts: 0, compensationAttempts: 0 };

/** Everything that one direction of one step is described from. */
interface Call {
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly step: StepDefinition;
  readonly state: StepState;
  readonly direction: 'action' | 'compensation';
  readonly command: StepCommand;
  readonly pending: PendingCommand | undefined;
  /** As first sent, JSON. */
  readonly request: string | undefined;
  readonly trace: Trace | undefined;
}

function callView(call: Call): CallView {
  const { command, request, trace } = call;
  const reply = replyOf(call);
  return {
    ...operationOf(command),
    attempts: attemptsOf(call),
    request: request === undefined ? null : (JSON.parse(request) as unknown),
    reply,
    error: errorOf(call, reply),
    startedAt: timeOrNull(trace?.startedAt ?? null),
    endedAt: timeOrNull(trace?.endedAt ?? null),
  };
}

/** As it came, or without the history as the contract gave it. */
function replyOf({ snapshot, step, direction, trace }: Call): unknown {
  if (trace?.reply !== undefined) return trace.reply;
  if (direction === 'compensation') return null;
  return snapshot.transaction.payloads.replies[step.name] ?? null;
}

function errorOf({ trace, pending }: Call, reply: unknown): CallView['error'] {
  if (trace) return trace.error;
  return reply === null ? (pending?.lastError ?? null) : null;
}

/** Attempts that were sent: a pending one counts once it left, not while it waits for its backoff. */
function attemptsOf(call: Call): number {
  const { state, direction, pending, request } = call;
  const counted = direction === 'action' ? state.actionAttempts : state.compensationAttempts;
  if (pending?.direction !== direction) return counted;
  const isSent = request !== undefined && !isBackingOff(call, pending);
  return Math.max(counted, isSent ? pending.attempt : pending.attempt - 1);
}

function isBackingOff({ snapshot, now, trace }: Call, pending: PendingCommand): boolean {
  if (snapshot.transaction.status === 'parked' || pending.resendAt <= now) return false;
  return trace ? trace.failedAttempt === pending.attempt - 1 : pending.lastError !== null;
}
