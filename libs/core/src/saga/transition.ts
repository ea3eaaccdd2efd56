import {
  absorb,
  isEnded,
  isOperators,
  isUsable,
  knownReason,
  type Event,
  type OperatorEvent,
  type Produced,
  type Transition,
} from '../transaction.js';
import { cut, MAX_DETAIL_CHARS, type StepError } from '../trouble.js';
import { isReply, type Reply } from '../wire/reply.js';
import type { SagaDefinition, StepDefinition } from './define.js';
import {
  advance,
  backOff,
  bar,
  compensated,
  failureOf,
  isPastReturn,
  markStep,
  park,
  policyOf,
  turnBack,
  type FailedAttempt,
  type Move,
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
      return absorb(transaction); // S5
    case 'deadline-passed':
      return onDeadline(move);
    case 'park-requested':
      return transaction.status === 'parked'
        ? absorb(transaction)
        : park(move, knownReason(event.reason), event.detail);
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
  return transaction.state.pending.find((pending) => {
    if (saga.steps[pending.step]?.name !== step) return false;
    return (
      pending.direction === direction || (pending.direction === 'bar' && direction === 'action')
    );
  });
}

interface Forward {
  readonly step: StepDefinition;
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
  if (transaction.status === 'parked') return absorb(transaction);
  const pending = transaction.state.pending.find(
    (command) =>
      saga.steps[command.step]?.name === event.step &&
      command.direction === event.direction &&
      command.attempt === event.attempt,
  );
  if (!pending) return absorb(transaction);
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
  const detail = `${step?.name ?? ''}: ${error.reason} after ${pending.attempt} attempts`;
  if (!step || pending.direction === 'compensation')
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
  const { transaction } = move;
  if (transaction.status !== 'running' || isPastReturn(move)) return absorb(transaction); // S3
  const pending = transaction.state.pending[0];
  const failure = {
    step: null,
    participant: null,
    operation: null,
    outcome: 'deadline-passed',
    reason: 'deadline-passed',
    detail: pending?.lastError ? cut(pending.lastError.reason, MAX_DETAIL_CHARS) : null,
  } as const;
  return turnBack(pending ? markStep(move, pending, 'unknown') : move, failure);
}

function describeError({ reason, detail }: { readonly reason: string; readonly detail?: string }) {
  return detail === undefined ? reason : `${reason}: ${detail}`;
}
