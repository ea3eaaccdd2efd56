import { checkReply, contextOf, listErrors, mapOutput, mapRequest } from '../request.js';
import { waitMsAfter, type RetryPolicy } from '../retry.js';
import { NOTHING_PRODUCED, type Effect } from '../transaction.js';
import type { Failure, StepError } from '../trouble.js';
import type { GroupChange } from '../two-phase/group.js';
import {
  describeStops,
  failureOf as failureOfGroup,
  sendsOf,
  takeReply as takeBranchReply,
} from '../two-phase/group-parts.js';
import { stopOf } from '../two-phase/group-state.js';
import { beginAtomic, branchToUndo, isCommitted, withGroup, type Active } from './atomic.js';
import type { PlainStep } from './define.js';
import {
  commandOf,
  copyWith,
  counted,
  cutError,
  markStep,
  ownerOf,
  park,
  parkFor,
  requestKey,
  sentAt,
  settle,
  stateWith,
  stepNameOf,
  stepWith,
  withPayloads,
  withState,
  withStep,
  withTransaction,
  type Move,
  type Result,
} from './draft.js';
import type { PendingCommand, SagaState, StepStatus } from './state.js';

/**
 * Whether a pivot or retriable action was committed to be sent, or a pivot's group decided to commit: from
 * there on there is no way back (S3, S12).
 */
export function isPastReturn({ saga, transaction }: Pick<Move, 'saga' | 'transaction'>): boolean {
  const { state, payloads } = transaction;
  return saga.steps.some((step, index) => {
    const status = state.steps[index]?.status ?? 'pending';
    if (step.kind === 'compensatable' || status === 'pending') return false;
    if (status !== 'running') return true;
    if (step.group) return isPivotCommitted(state, index);
    return requestKey(step.name, 'action') in payloads.requests;
  });
}

function isPivotCommitted({ groups }: SagaState, index: number): boolean {
  return groups.some((one) => one.step === index && isCommitted(one));
}

/** The action of `pending` succeeded: the next step, or the end. A reply that breaks the contract parks. */
export function advance(move: Move, pending: PendingCommand, reply: unknown): Result {
  const step = move.saga.steps[pending.step];
  if (!step?.action) return stepInto(move, pending.step);
  const checked = checkReply(step.action, reply, { name: step.name, recorded: move.recorded });
  if (!checked.ok) {
    const problem = `${step.name}: the reply breaks its contract: ${listErrors(checked.errors)}`;
    return parkFor(move, 'protocol-error', move.recorded?.problem ?? problem);
  }
  const took = takeReply(move, step, checked.value);
  return stepInto(markStep(took, pending, 'succeeded'), pending.step + 1);
}

function takeReply(move: Move, step: PlainStep, value: unknown): Move {
  const replies = { ...move.transaction.payloads.replies, [step.name]: value };
  const { saga, transaction, at, recorded } = withPayloads(move, { replies });
  return { saga, transaction, at, recorded, replyOf: step.name };
}

/** Leaves the step of `pending` as skipped, with the reply a human gave for it, and goes on. */
export function skipStep(move: Move, pending: PendingCommand, reply: unknown): Result {
  const step = move.saga.steps[pending.step];
  if (pending.direction === 'compensation') return compensated(move, pending, 'skipped');
  const skipped = markStep(move, pending, 'skipped');
  const gives = step?.action !== undefined && reply !== undefined;
  return stepInto(gives ? takeReply(skipped, step, reply) : skipped, pending.step + 1);
}

/** Begins the step at `index`, or completes the saga when there is none. */
export function stepInto(move: Move, index: number): Result {
  const step = move.saga.steps[index];
  if (!step) return complete(move);
  return step.group ? beginAtomic(move, step, index) : issue(move, index, 'action');
}

function complete(move: Move): Result {
  const output = mapOutput(move.saga.output, move.transaction, move.recorded);
  if ('problem' in output) return parkFor(move, 'mapping-failed', output.problem);
  return completeWith(move, output.json);
}

/** Completes the saga with `output` as JSON, from its mapping or from a human in its place. */
export function completeWith(move: Move, output: string): Result {
  const ended = withPayloads(move, { output });
  return settle(ended, 'completed', [], { requests: {}, output });
}

/** Sends the `direction` command of the step at `index`. Its request is mapped here, once (S6). */
function issue(move: Move, index: number, direction: 'action' | 'compensation'): Result {
  const known = move.transaction.state.steps[index];
  const before = direction === 'action' ? known?.actionAttempts : known?.compensationAttempts;
  const status: StepStatus = direction === 'action' ? 'running' : 'compensating';
  const attempt = (before ?? 0) + 1;
  return send(move, status, { step: index, direction, attempt, branch: null });
}

/** Sends the compensation of one branch of the step at `index`, which had committed (S13). */
function undoBranch(move: Move, index: number, branch: number): Result {
  return send(move, 'compensating', { step: index, direction: 'compensation', attempt: 1, branch });
}

function send(
  move: Move,
  status: StepStatus,
  command: Pick<PendingCommand, 'step' | 'direction' | 'attempt' | 'branch'>,
): Result {
  const { state } = move.transaction;
  const pending: PendingCommand = {
    step: command.step,
    direction: command.direction,
    attempt: command.attempt,
    firstAttempt: command.attempt,
    resendAt: move.at,
    lastError: null,
    branch: command.branch,
  };
  const steps = withStep(state.steps, command.step, (step) => stepWith(step, status));
  return dispatch(move, stateWith(state, steps, [pending]));
}

/** Goes on in `state` and sends its pending commands once, now; maps the requests that do not exist yet. */
export function dispatch(move: Move, state: SagaState): Result {
  const requests: Record<string, string> = {};
  for (const pending of state.pending) {
    const made = requestOf(move, pending);
    if ('problem' in made) return parkFor(withState(move, state), 'mapping-failed', made.problem);
    if (made.isNew) requests[made.key] = made.body;
  }
  const { payloads } = move.transaction;
  const pending = state.pending.map((command) => sentAt(move, command));
  const sent = copyWith(move.transaction, stateWith(state, state.steps, pending), {
    input: payloads.input,
    replies: payloads.replies,
    requests: { ...payloads.requests, ...requests },
    output: payloads.output,
  });
  const status = pending.some(({ direction }) => direction === 'compensation')
    ? 'compensating'
    : 'running';
  const effects = pending.map((command): Effect => ({
    type: 'send',
    step: stepNameOf(move.saga, state, command),
    direction: command.direction,
    attempt: command.attempt,
  }));
  return settle(withTransaction(move, sent), status, effects, { requests, output: null });
}

type Made =
  | { readonly key: string; readonly body: string; readonly isNew: boolean }
  | { readonly problem: string };

function requestOf(move: Move, pending: PendingCommand): Made {
  const owner = ownerOf(move.saga, pending);
  const command = commandOf(move.saga, pending);
  if (!owner || !command) return { problem: `step ${pending.step} is not in the definition` };
  const key = requestKey(owner.name, pending.direction);
  const known = move.transaction.payloads.requests[key];
  if (known !== undefined) return { key, body: known, isNew: false };
  if (move.recorded) {
    const body = move.recorded.requests[key];
    return body === undefined
      ? { problem: move.recorded.problem ?? '' }
      : { key, body, isNew: true };
  }
  const { id, payloads } = move.transaction;
  const made = mapRequest(command, contextOf(id, payloads), key);
  return 'problem' in made ? made : { key, body: made.body, isNew: true };
}

/** How one attempt failed, and the share of chance that its event brought. */
export interface FailedAttempt {
  readonly error: {
    readonly outcome: 'failed';
    readonly reason: string;
    readonly retryAfterMs?: number;
  };
  readonly entropy: number;
}

/** The attempt failed and another will follow: later, by capped backoff, or as the participant asks. */
export function backOff(
  move: Move,
  pending: PendingCommand,
  failed: FailedAttempt & { readonly policy: RetryPolicy },
): Result {
  const { state } = move.transaction;
  const used = pending.attempt - pending.firstAttempt + 1;
  const waitMs = waitMsAfter(failed.policy, used, failed);
  const next: PendingCommand = {
    ...pending,
    attempt: pending.attempt + 1,
    resendAt: move.at + waitMs,
    lastError: cutError(failed.error),
  };
  const others = state.pending.filter((command) => command !== pending);
  const steps = withStep(state.steps, pending.step, (step) => counted(step, pending));
  const waiting = withState(move, { ...state, steps, pending: [...others, next] });
  return settle(waiting, move.transaction.status, [], NOTHING_PRODUCED);
}

/** Asks for the outcome of an unknown pivot in a way that forbids it to happen later (S4). */
export function bar(move: Move, pending: PendingCommand, error: StepError): Result {
  const { state } = move.transaction;
  const steps = withStep(state.steps, pending.step, (step) => counted(step, pending));
  const asked: PendingCommand = {
    ...pending,
    direction: 'bar',
    attempt: 1,
    firstAttempt: 1,
    lastError: cutError(error),
  };
  return dispatch(move, { ...state, steps, pending: [asked] });
}

/** From here on the saga undoes what was done, latest first (S2). */
export function turnBack(move: Move, failure: Failure): Result {
  const { state } = move.transaction;
  return undoNext(withState(move, { ...state, failure: state.failure ?? failure, pending: [] }));
}

/** A compensation ended well, or was skipped: the next earlier one, or the end. */
export function compensated(
  move: Move,
  pending: PendingCommand,
  status: 'compensated' | 'skipped',
): Result {
  const { step: index, branch } = pending;
  if (branch === null) return undoNext(markStep(move, pending, status));
  const noted = status === 'skipped' ? noteSkipped(move, pending) : move;
  const next = branchToUndo(noted.transaction.state, index, branch);
  if (next !== undefined) return undoBranch(noted, index, next);
  const isWhole = !wasAnySkipped(noted.transaction.state, index);
  return undoNext(markStep(noted, pending, isWhole ? 'compensated' : 'skipped'));
}

const SKIPPED = 'compensation-skipped';

/** A branch that was left as it is keeps its step from counting as compensated. */
function noteSkipped(move: Move, { step: index, branch }: PendingCommand): Move {
  const { state } = move.transaction;
  const found = state.groups.find(({ step }) => step === index);
  if (!found) return move;
  const branches = found.group.branches.map((one, at) =>
    at === branch ? { ...one, reason: SKIPPED } : one,
  );
  return withState(move, withGroup(state, { ...found, group: { ...found.group, branches } }));
}

function wasAnySkipped({ groups }: SagaState, index: number): boolean {
  const branches = groups.find(({ step }) => step === index)?.group.branches;
  return branches?.some(({ reason }) => reason === SKIPPED) ?? false;
}

function undoNext(move: Move): Result {
  const { state } = move.transaction;
  for (let index = state.steps.length - 1; index >= 0; index--) {
    const status = state.steps[index]?.status;
    const isUndoable = move.saga.steps[index]?.kind === 'compensatable';
    if (!isUndoable || (status !== 'succeeded' && status !== 'unknown')) continue;
    if (!move.saga.steps[index]?.group) return issue(move, index, 'compensation');
    const branch = branchToUndo(state, index, Infinity);
    if (branch !== undefined) return undoBranch(move, index, branch);
  }
  return settle(move, 'compensated', [], NOTHING_PRODUCED);
}

/** The saga after `change` of the group of its atomic step under way: on, back, parked, or waiting. */
export function changeGroup(move: Move, active: Active, change: GroupChange): Result {
  const { step, index } = active;
  const { group, cause } = change;
  const { replies, replyOf, alarm = change.alarm } = takeBranchReply(step.group, change, move);
  const took: Move = replies ? { ...withPayloads(move, { replies }), replyOf } : move;
  const { state } = took.transaction;
  const failure = cause ? failureOfGroup(step.group, cause) : state.failure;
  const changed = withGroup({ ...state, failure, parked: null }, { step: index, group });
  const result = followGroup(withState(took, changed), active, change);
  return alarm === undefined ? result : { ...result, alarm };
}

/** Once all have acknowledged, commit goes on, or, if it was given up meanwhile, is undone at once. */
function followGroup(move: Move, { step, index }: Active, { group, asks }: GroupChange): Result {
  const stop = stopOf(group);
  if (stop !== undefined) return park(move, stop, describeStops(step.group, group));
  const { failure } = move.transaction.state;
  if (group.phase === 'committed') {
    const done = markAtomic(move, index, 'succeeded');
    return failure ? undoNext(done) : stepInto(done, index + 1);
  }
  if (group.phase === 'aborted') return undoNext(markAtomic(move, index, 'rejected'));
  const status = failure ? 'compensating' : 'running';
  return settle(move, status, sendsOf(step.group, group, asks), NOTHING_PRODUCED);
}

/** Writes down how an atomic step ended. */
export function markAtomic(move: Move, index: number, status: StepStatus): Move {
  const { state } = move.transaction;
  const steps = withStep(state.steps, index, (step) => stepWith(step, status));
  return withState(move, stateWith(state, steps, []));
}

/** A compensatable group that is being committed: it is undone once all have acknowledged that. */
export function undoOnceCommitted(move: Move, failure: Failure): Result {
  const { state } = move.transaction;
  return settle(withState(move, { ...state, failure }), 'compensating', [], NOTHING_PRODUCED);
}
