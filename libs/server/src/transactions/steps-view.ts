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
      ...operationOf(command),
      attempt: pending.attempt,
      maxAttempts: command.retry.maxAttempts + pending.firstAttempt - 1,
      nextAttemptAt: isParked ? null : time(pending.resendAt),
    };
  });
}

function operationOf({ mapping }: StepCommand) {
  const { participant, operation } = mapping.operation;
  return { participant, operation };
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
  const { name, kind } = step;
  const head = { name, kind, state: state.status };
  if (step.group) return { ...head, ...atomicView(context, step.group.branches) };
  const { actionAttempts, compensationAttempts } = state;
  const action = {
    name,
    direction: 'action',
    command: step.action,
    counted: actionAttempts,
  } as const;
  const compensation = step.compensation && {
    ...{ name, direction: 'compensation' as const },
    ...{ command: step.compensation, counted: compensationAttempts },
  };
  return {
    ...head,
    action: callView(callOf(context, action)),
    compensation: compensation ? callView(callOf(context, compensation)) : null,
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
      (view, at): AtomicBranchView => {
        const command = branches[at]?.compensation;
        const called =
          command && ({ name: view.name, direction: 'compensation', command } as const);
        const key = traceKey(view.name, 'compensation');
        const counted = context.traces.get(key)?.lastAttempt ?? 0;
        const compensation = called && callOf(context, { ...called, counted, branch: at });
        return { ...view, compensation: compensation ? callView(compensation) : null };
      },
    ),
  };
}

function callOf(
  { snapshot, transaction, index, traces, now }: StepContext,
  what: Pick<Call, 'name' | 'direction' | 'command' | 'counted'> & { readonly branch?: number },
): Call {
  const { branch = null, ...called } = what;
  const key = traceKey(called.name, called.direction);
  const pending = transaction.state.pending.find(
    (one) =>
      one.step === index && one.branch === branch && traceKey(called.name, one.direction) === key,
  );
  const request = transaction.payloads.requests[key];
  return { ...called, snapshot, now, pending, request, trace: traces.get(key) };
}

/** Everything that one direction of one step is described from. */
interface Call {
  readonly snapshot: Snapshot;
  readonly now: number;
  /** Of the step or branch. */
  readonly name: string;
  /** Attempts that its step counts. */
  readonly counted: number;
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
function replyOf({ snapshot, name, direction, trace }: Call): unknown {
  if (trace?.reply !== undefined) return trace.reply;
  if (direction === 'compensation') return null;
  return snapshot.transaction.payloads.replies[name] ?? null;
}

function errorOf({ trace, pending }: Call, reply: unknown): CallView['error'] {
  if (trace) return trace.error;
  return reply === null ? (pending?.lastError ?? null) : null;
}

/** Attempts that were sent: a pending one counts once it left, not while it waits for its backoff. */
function attemptsOf(call: Call): number {
  const { counted, direction, pending, request } = call;
  if (pending?.direction !== direction) return counted;
  const isSent = request !== undefined && !isBackingOff(call, pending);
  return Math.max(counted, isSent ? pending.attempt : pending.attempt - 1);
}

function isBackingOff({ snapshot, now, trace }: Call, pending: PendingCommand): boolean {
  if (snapshot.transaction.status === 'parked' || pending.resendAt <= now) return false;
  return trace ? trace.failedAttempt === pending.attempt - 1 : pending.lastError !== null;
}
