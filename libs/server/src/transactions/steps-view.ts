import {
  commandOf,
  heuristicOf,
  decisionOf,
  isSaga,
  stepNameOf,
  type AtomicBranch,
  type HistoryEntry,
  type PendingCommand,
  type SagaTransaction,
  type StepCommand,
  type StepDefinition,
  type StepState,
} from '@skald/core';
import type { Snapshot } from '@skald/engine';
import { branchViews, toldOf, type ToldOf } from './branches-view.js';
import { traceKey, tracesOf, type Trace, type Traces } from './traces.js';
import { time, timeOrNull } from './time.js';
import type { AtomicBranchView, CallView, StepView, WaitingForView } from './view.schema.js';

/** The commands of its steps that a saga waits for; those of an atomic step under way are its branches'. */
export function stepsAwaited({ definition, transaction }: Snapshot): WaitingForView[] {
  if (definition?.protocol !== 'saga' || !isSaga(transaction)) return [];
  const isParked = transaction.status === 'parked';
  return transaction.state.pending.flatMap((pending) => {
    const command = commandOf(definition, pending);
    if (!command) return [];
    return {
      step: stepNameOf(definition, transaction.state, pending),
      direction: pending.direction,
      participant: command.mapping.operation.participant,
      operation: command.mapping.operation.operation,
      attempt: pending.attempt,
      maxAttempts: command.retry.maxAttempts + pending.firstAttempt - 1,
      nextAttemptAt: isParked ? null : time(pending.resendAt),
    };
  });
}

/** The steps of a saga; `history` is complete, or empty when it is not at hand. */
export function stepsOf(
  snapshot: Snapshot,
  history: readonly HistoryEntry[],
  now: number,
): StepView[] {
  const { definition, transaction } = snapshot;
  if (definition?.protocol !== 'saga' || !isSaga(transaction)) return [];
  const traces = tracesOf(history);
  const told = toldOf(history);
  return definition.steps.map((step, index) => {
    const state = transaction.state.steps[index] ?? UNTOUCHED;
    return stepView({ snapshot, transaction, step, index, state, traces, told, now });
  });
}

const UNTOUCHED: StepState = { status: 'pending', actionAttempts: 0, compensationAttempts: 0 };

interface StepContext {
  readonly snapshot: Snapshot;
  readonly transaction: SagaTransaction;
  readonly step: StepDefinition;
  readonly index: number;
  readonly state: StepState;
  readonly traces: Traces;
  readonly told: ToldOf;
  readonly now: number;
}

function stepView(context: StepContext): StepView {
  const { step, state } = context;
  const { name, kind, compensation } = step;
  if (step.group)
    return { name, kind, state: state.status, ...atomicView(context, step.group.branches) };
  return {
    name,
    kind,
    state: state.status,
    action: callView(context, {
      name,
      direction: 'action',
      command: step.action,
      counted: state.actionAttempts,
      branch: null,
    }),
    compensation: compensation
      ? callView(context, {
          name,
          direction: 'compensation',
          command: compensation,
          counted: state.compensationAttempts,
          branch: null,
        })
      : null,
  };
}

/** An atomic step: what its branches were asked, and what was decided over them. */
function atomicView(context: StepContext, branches: readonly AtomicBranch[]) {
  const { transaction, index, told, now } = context;
  const group = transaction.state.groups.find(({ step }) => step === index)?.group;
  const { payloads } = transaction;
  return {
    action: null,
    compensation: null,
    decision: group ? decisionOf(group) : null,
    heuristic: group ? heuristicOf(group) : null,
    branches: branchViews(branches, group, { payloads, told, now }).map(
      (view, at): AtomicBranchView => ({
        ...view,
        compensation: undoView(context, view.name, { command: branches[at]?.compensation, at }),
      }),
    ),
  };
}

/** How the branch at this place of an atomic step is undone, where it can be. */
function undoView(
  context: StepContext,
  name: string,
  { command, at }: { readonly command: StepCommand | undefined; readonly at: number },
): CallView | null {
  if (!command) return null;
  const counted = context.traces.get(traceKey(name, 'compensation'))?.lastAttempt ?? 0;
  return callView(context, { name, direction: 'compensation', command, counted, branch: at });
}

/** One direction of one step or branch. */
interface Called {
  /** Of the step or branch. */
  readonly name: string;
  readonly direction: 'action' | 'compensation';
  readonly command: StepCommand;
  /** Attempts that its step counts. */
  readonly counted: number;
  /** Its place in an atomic step; null for a plain step. */
  readonly branch: number | null;
}

/** Everything that it is described from. */
interface Call {
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly called: Called;
  readonly pending: PendingCommand | undefined;
  /** As first sent, JSON. */
  readonly request: string | undefined;
  readonly trace: Trace | undefined;
}

function callOf(context: StepContext, called: Called): Call {
  const { snapshot, transaction, index, traces, now } = context;
  const { name, branch } = called;
  const key = traceKey(name, called.direction);
  const pending = transaction.state.pending.find(
    (one) => one.step === index && one.branch === branch && traceKey(name, one.direction) === key,
  );
  const request = transaction.payloads.requests[key];
  return { snapshot, now, called, pending, request, trace: traces.get(key) };
}

// Members one by one, here and in `stepView`: an answer is made for every saga that is awaited, and
// spreading many small objects costs more than all the rest of it.
function callView(context: StepContext, called: Called): CallView {
  const call = callOf(context, called);
  const { participant, operation } = called.command.mapping.operation;
  const { request, trace } = call;
  const reply = replyOf(call);
  return {
    participant,
    operation,
    attempts: attemptsOf(call),
    request: request === undefined ? null : (JSON.parse(request) as unknown),
    reply,
    error: errorOf(call, reply),
    startedAt: timeOrNull(trace?.startedAt ?? null),
    endedAt: timeOrNull(trace?.endedAt ?? null),
  };
}

/** As it came, or without the history as the contract gave it. */
function replyOf({ snapshot, called, trace }: Call): unknown {
  if (trace?.reply !== undefined) return trace.reply;
  if (called.direction === 'compensation') return null;
  return snapshot.transaction.payloads.replies[called.name] ?? null;
}

function errorOf({ trace, pending }: Call, reply: unknown): CallView['error'] {
  if (trace) return trace.error;
  return reply === null ? (pending?.lastError ?? null) : null;
}

/** Attempts that were sent: a pending one counts once it left, not while it waits for its backoff. */
function attemptsOf(call: Call): number {
  const { called, pending, request } = call;
  const { counted, direction } = called;
  if (pending?.direction !== direction) return counted;
  const isSent = request !== undefined && !isBackingOff(call, pending);
  return Math.max(counted, isSent ? pending.attempt : pending.attempt - 1);
}

function isBackingOff({ snapshot, now, trace }: Call, pending: PendingCommand): boolean {
  if (snapshot.transaction.status === 'parked' || pending.resendAt <= now) return false;
  return trace ? trace.failedAttempt === pending.attempt - 1 : pending.lastError !== null;
}
