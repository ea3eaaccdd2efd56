import {
  absorb,
  isEnded,
  isOperators,
  isUsable,
  knownReason,
  type AnswerEvent,
  type Event,
  type OperatorEvent,
  type Produced,
  type Transition,
} from '../transaction.js';
import { cut, MAX_DETAIL_CHARS, type StepError } from '../trouble.js';
import { isReply, type Reply } from '../wire/reply.js';
import { answer, giveUp, type BranchAnswer, type Cause } from '../two-phase/group.js';
import { branchAsked, deadlineCause } from '../two-phase/group-parts.js';
import { mayBeAborted } from '../two-phase/group-state.js';
import { activeIn, groupMove, type Active } from './atomic.js';
import type { PlainStep, SagaDefinition } from './define.js';
import { failureOf, markStep, park, policyOf, stepNameOf, type Move } from './draft.js';
import { deadlineOf } from './machine.js';
import {
  advance,
  backOff,
  bar,
  changeGroup,
  compensated,
  isPastReturn,
  turnBack,
  undoOnceCommitted,
  type FailedAttempt,
} from './moves.js';
import { cancel, refuseEnded, resolve, retry, skip } from './operator.js';
import type { PendingCommand, SagaState, SagaTransaction } from './state.js';

/**
 * A saga as a function: steps in the grammar `compensatable* pivot? retriable*`, done in order, undone
 * in reverse.
 *
 * Total over (transaction, event) and free of I/O, clocks and randomness, so a replay of the same
 * events always ends in the same state. Late, repeated and contradicting events are absorbed, because
 * transports deliver at least once and in any order.
 *
 * S1  An ended saga absorbs every event.
 * S2  A compensation is sent only after the saga turned back, in reverse order, for succeeded and
 *     unknown compensatable steps; never for rejected ones.
 * S3  Once the action of a pivot or retriable step was committed to be sent, nothing turns the saga
 *     back but the pivot's own no (rejected, barred, or resolved so by a human).
 * S4  A compensatable step whose outcome is unknown is compensated; an unknown pivot is asked by `bar`
 *     or parked, never compensated around.
 * S5  Only the answer to a pending command counts; all attempts of a command share one outcome, but a
 *     failure counts only for the attempt it belongs to.
 * S6  A request is mapped once. Every retry sends the same bytes.
 * S7  No command is asked more often than its policy says without a human; what cannot go on is parked.
 * S8  No event, however wrong, makes this function throw.
 * S9  An open saga waits for at least one command, so that a timer always finds it.
 * S10 A parked saga keeps its pending commands and the status it came from, and moves only by an operator.
 * S11 The branches of an atomic step obey T2 to T5, T7, T8, T11 and T12 of two-phase transactions; the saga
 *     leaves it only when every branch has acknowledged the decision.
 * S12 Until its commit is decided, a cancel and the deadlines abort an atomic step, and its abort is the
 *     step's rejection; once a pivot's commit is decided nothing turns the saga back. A compensatable one
 *     that is being committed then is undone as soon as it is.
 * S13 An atomic step is undone branch by branch, last first; a branch that voted read-only is not undone.
 *
 * `recorded` is for replay alone: what this transition produced when it was first made.
 */
export function transition(
  saga: SagaDefinition,
  transaction: SagaTransaction,
  event: Event,
  recorded?: Produced,
): Transition<SagaState> {
  if (!isUsable(event)) return absorb(transaction); // S8
  if (isEnded(transaction.status)) return refuseEnded(transaction, event); // S1
  const move: Move = { saga, transaction, at: event.at, recorded };
  if (isOperators(event)) return onOperator(move, event);
  switch (event.type) {
    case 'reply-received':
      return onReply(move, event);
    case 'timed-out':
      return onTimeout(move, event);
    case 'vote-received':
    case 'decision-acknowledged':
      return onBranch(move, event, replyIn(event));
    case 'deadline-passed':
      return onDeadline(move);
    case 'park-requested':
      return onParkRequested(move, event);
  }
}

function onOperator(move: Move, event: OperatorEvent): Transition<SagaState> {
  switch (event.type) {
    case 'cancel-requested':
      return cancel(move, event.reason);
    case 'retry-requested':
      return retry(move);
    case 'skip-requested':
      return skip(move, event);
    case 'resolve-requested':
      return resolve(move, event);
  }
}

/** What is no reply says nothing to a group: the command is asked again (S8). */
function replyIn({ reply }: AnswerEvent): Reply {
  return isReply(reply) ? reply : { outcome: 'failed', reason: 'protocol-error' };
}

/** Something about a branch of the atomic step under way (S11). */
function onBranch(move: Move, event: AnswerEvent | TimedOut, reply: Reply | undefined) {
  const { transaction } = move;
  const active = transaction.status === 'parked' ? undefined : activeIn(move); // S10
  const index = active && branchAsked(active.step.group, active.group, event.step);
  if (!active || index === undefined) return absorb(transaction);
  const { direction, attempt, entropy } = event;
  const what: BranchAnswer = { direction, attempt, entropy, reply };
  const change = answer(groupMove(move, active), index, what);
  return change ? changeGroup(move, active, change) : absorb(transaction);
}

/** What nobody was told to commit is better aborted than left to hold locks until a human comes. */
function onParkRequested(move: Move, event: Extract<Event, { type: 'park-requested' }>) {
  if (move.transaction.status === 'parked') return absorb(move.transaction);
  const reason = knownReason(event.reason);
  const cause: Cause = { branch: null, outcome: 'failed', reason, detail: event.detail };
  const active = activeIn(move);
  const change = active && giveUp(groupMove(move, active), cause);
  return change ? changeGroup(move, active, change) : park(move, reason, event.detail);
}

type ReplyReceived = Extract<Event, { type: 'reply-received' }>;
type TimedOut = Extract<Event, { type: 'timed-out' }>;

function onReply(move: Move, event: ReplyReceived) {
  const { transaction, saga } = move;
  if (transaction.status === 'parked') return absorb(transaction); // S10
  const pending = answered(move, event);
  const step = pending && saga.steps[pending.step];
  if (!step) return absorb(transaction); // S5
  if (!isReply(event.reply)) return park(move, 'protocol-error', `${step.name}: no reply`); // S8
  if (isStale(pending, event)) return absorb(transaction); // S5
  if (pending.direction === 'compensation') return onCompensationReply(move, pending, event);
  if (step.group) return absorb(transaction);
  return onForwardReply(move, { step, pending, event });
}

/** All attempts share one outcome, but a failure is only that of its own attempt. */
function isStale(pending: PendingCommand, { reply, attempt, direction }: ReplyReceived): boolean {
  if (reply.outcome !== 'failed') return false;
  // The action's failure says nothing new to a saga that asks by bar.
  return attempt !== pending.attempt || direction !== pending.direction;
}

/** The pending command that an answer is for. The action's own answer also settles a pending `bar`. */
function answered({ saga, transaction }: Move, { step, direction }: ReplyReceived) {
  const { state } = transaction;
  return state.pending.find((pending) => {
    if (stepNameOf(saga, state, pending) !== step) return false;
    return (
      pending.direction === direction || (pending.direction === 'bar' && direction === 'action')
    );
  });
}

interface Forward {
  readonly step: PlainStep;
  readonly pending: PendingCommand;
  readonly event: ReplyReceived;
}

function onForwardReply(move: Move, forward: Forward) {
  const { step, pending, event } = forward;
  const { reply } = event;
  switch (reply.outcome) {
    case 'succeeded':
      return advance(move, pending, reply.reply);
    case 'rejected':
      return onRejected(move, forward, reply);
    case 'barred':
      return onBarred(move, forward);
    case 'failed':
      if (reply.misconfigured) return park(move, 'protocol-error', describeError(reply));
      return onAttemptFailed(move, pending, { error: reply, ...event });
    case 'expired':
      return park(move, 'barrier-expired', `${step.name}: the barrier row is past its retention`);
    case 'hazard':
    case 'heuristic-commit':
    case 'heuristic-abort':
      return park(
        move,
        'protocol-error',
        `${step.name}: ${reply.outcome} is no answer to a saga's step`,
      );
  }
}

/** It never happened and never will. A retriable step is never asked by bar: there is no way back (S3). */
function onBarred(move: Move, { step, pending }: Forward) {
  if (step.kind === 'retriable')
    return park(move, 'protocol-error', `${step.name}: barred is no answer to a retriable step`);
  return turnBack(markStep(move, pending, 'rejected'), failureOf(step, barredError(pending)));
}

function barredError({ lastError }: PendingCommand): StepError & { readonly detail?: string } {
  return lastError ?? { outcome: 'failed', reason: 'barred' };
}

/** A no is final where the participant has a barrier; without one, an earlier attempt may have got through. */
function onRejected(
  move: Move,
  { step, pending, event }: Forward,
  reply: Extract<Reply, { outcome: 'rejected' }>,
) {
  if (step.kind === 'retriable') return park(move, 'retriable-rejected', describeError(reply));
  const wasAskedBefore = pending.attempt > 1 || event.wasAskedBefore === true;
  const provesNothing = step.action.mapping.operation.rest !== undefined && wasAskedBefore;
  if (provesNothing && step.kind === 'pivot') {
    return park(
      move,
      'outcome-unknown',
      `${describeError(reply)}; an earlier attempt had no answer`,
    );
  }
  const status = provesNothing ? 'unknown' : 'rejected';
  return turnBack(markStep(move, pending, status), failureOf(step, reply));
}

function onCompensationReply(move: Move, pending: PendingCommand, event: ReplyReceived) {
  const { reply } = event;
  switch (reply.outcome) {
    case 'succeeded':
      return compensated(move, pending, 'compensated');
    case 'rejected':
      return park(move, 'compensation-rejected', describeError(reply));
    case 'failed':
      if (reply.misconfigured) return park(move, 'protocol-error', describeError(reply));
      return onAttemptFailed(move, pending, { error: reply, ...event });
    case 'expired':
      return park(move, 'barrier-expired', `${event.step}: the barrier row is past its retention`);
    case 'barred':
    case 'hazard':
    case 'heuristic-commit':
    case 'heuristic-abort':
      return park(
        move,
        'protocol-error',
        `${event.step}: ${reply.outcome} is no answer to a compensation`,
      );
  }
}

function onTimeout(move: Move, event: TimedOut) {
  const { saga, transaction } = move;
  const { status, state } = transaction;
  if (status === 'parked') return absorb(transaction);
  const pending = state.pending.find(
    (command) =>
      stepNameOf(saga, state, command) === event.step &&
      command.direction === event.direction &&
      command.attempt === event.attempt,
  );
  if (!pending) return onBranch(move, event, undefined);
  return onAttemptFailed(move, pending, {
    error: { outcome: 'failed', reason: 'timeout' },
    ...event,
  });
}

function onAttemptFailed(move: Move, pending: PendingCommand, { error, entropy }: FailedAttempt) {
  const policy = policyOf(move.saga, pending);
  const used = pending.attempt - pending.firstAttempt + 1;
  if (used < policy.maxAttempts) return backOff(move, pending, { error, policy, entropy });
  return onExhausted(move, pending, error);
}

/** S7: the budget of attempts is used up, and the outcome of the command is unknown. */
function onExhausted(move: Move, pending: PendingCommand, error: StepError) {
  const step = move.saga.steps[pending.step];
  const name = stepNameOf(move.saga, move.transaction.state, pending);
  const detail = `${name}: ${error.reason} after ${pending.attempt} attempts`;
  if (!step?.action || pending.direction === 'compensation')
    return park(move, 'attempts-exhausted', detail);
  if (pending.direction === 'bar') return park(move, 'outcome-unknown', detail);
  switch (step.kind) {
    case 'compensatable':
      return turnBack(markStep(move, pending, 'unknown'), failureOf(step, error));
    case 'pivot':
      if (step.action.mapping.operation.rest) return park(move, 'outcome-unknown', detail);
      return bar(move, pending, error);
    case 'retriable':
      return park(move, 'attempts-exhausted', detail);
  }
}

function onDeadline(move: Move) {
  const { transaction, saga } = move;
  const { status, state } = transaction;
  if (status === 'parked') return absorb(transaction); // S10
  // An inquiry may have let the deadline pass of a group that is decided since.
  if (state.groups.length > 0 && move.at < deadlineOf(saga, transaction))
    return absorb(transaction);
  const active = activeIn(move);
  if (active && mayBeAborted(active.group)) return abortGroup(move, active);
  if (status !== 'running' || isPastReturn(move)) return absorb(transaction); // S3
  const pending = state.pending[0];
  const failure = {
    step: null,
    participant: null,
    operation: null,
    outcome: 'deadline-passed',
    reason: 'deadline-passed',
    detail: pending?.lastError ? cut(pending.lastError.reason, MAX_DETAIL_CHARS) : null,
  } as const;
  if (active) return undoOnceCommitted(move, failure); // S12
  return turnBack(pending ? markStep(move, pending, 'unknown') : move, failure);
}

function abortGroup(move: Move, active: Active) {
  const change = giveUp(groupMove(move, active), deadlineCause(active.group));
  return change ? changeGroup(move, active, change) : absorb(move.transaction);
}

function describeError({ reason, detail }: { readonly reason: string; readonly detail?: string }) {
  return detail === undefined ? reason : `${reason}: ${detail}`;
}
