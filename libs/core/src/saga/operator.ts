import type { FieldError } from '../errors.js';
import { checkReply, listErrors, toJson } from '../request.js';
import { absorb, isOperators, refuse, type Event, type Transition } from '../transaction.js';
import { cut, MAX_DETAIL_CHARS, type Failure } from '../trouble.js';
import { askAgain, giveUp, type Cause } from '../two-phase/group.js';
import { CONTRADICTED, resolveGroup } from '../two-phase/group-orders.js';
import { activeIn, groupMove, wasBegun, type Active } from './atomic.js';
import type { PlainStep } from './define.js';
import { failureOf, markStep, parkAgain, stepNameOf, unpark, wasSent, type Move } from './draft.js';
import {
  advance,
  changeGroup,
  compensated,
  completeWith,
  dispatch,
  isPastReturn,
  markAtomic,
  skipStep,
  stepInto,
  turnBack,
  undoOnceCommitted,
} from './moves.js';
import type { PendingCommand, SagaState, SagaTransaction } from './state.js';

type Result = Transition<SagaState>;

/** An ended saga absorbs everything; a human is told so, unless the wish came true already. */
export function refuseEnded(transaction: SagaTransaction, event: Event): Result {
  const { status } = transaction;
  const isFulfilled = event.type === 'cancel-requested' && status === 'compensated';
  if (!isOperators(event) || isFulfilled) return absorb(transaction);
  return refuse(transaction, `it has ended as ${status}`);
}

/** Turns the saga back, unless its point of no return is behind it. Repeating it changes nothing. */
export function cancel(move: Move, reason: string): Result {
  const { transaction } = move;
  const { status, state } = transaction;
  const from = state.parked?.from ?? status;
  if (from === 'compensating') {
    return status === 'parked'
      ? refuse(transaction, 'it is compensating already, and parked: retry, skip or resolve it')
      : absorb(transaction);
  }
  if (isPastReturn(move)) return refuse(transaction, 'its pivot was sent: it can only go forward');
  const failure = {
    step: null,
    participant: null,
    operation: null,
    outcome: 'cancelled',
    reason: 'cancelled',
    detail: cut(reason, MAX_DETAIL_CHARS),
  } as const;
  const active = activeIn(move);
  if (active) return cancelAtomic(move, active, failure);
  const resumed = unpark(move);
  const pending = state.pending[0];
  // A command that could not be mapped was never sent: that step needs no compensation.
  if (!pending) return turnBack(resumed, failure);
  const ended = wasSent(move, pending) ? 'unknown' : 'pending';
  return turnBack(markStep(resumed, pending, ended), failure);
}

function cancelAtomic(move: Move, active: Active, failure: Failure): Result {
  const resumed = unpark(move);
  if (!wasBegun(move, active)) {
    return turnBack(markAtomic(resumed, active.index, 'pending'), failure);
  }
  const cause: Cause = {
    branch: null,
    outcome: 'cancelled',
    reason: failure.reason,
    detail: failure.detail ?? '',
  };
  const change = giveUp(groupMove(move, active), cause);
  if (change) return changeGroup(resumed, active, change);
  if (move.transaction.status !== 'parked') return undoOnceCommitted(move, failure); // S12
  return refuse(move.transaction, 'its commit is decided, and parked: retry or resolve it');
}

/** Asks the pending commands again at once, with a fresh budget of attempts when the saga was parked. */
export function retry(move: Move): Result {
  const { transaction } = move;
  const resumed = unpark(move);
  const { state } = resumed.transaction;
  const active = activeIn(move);
  if (active) return retryAtomic(resumed, active, transaction);
  if (state.pending.length === 0) return stepInto(resumed, move.saga.steps.length);
  if (transaction.status !== 'parked') return dispatch(resumed, state);
  const pending = state.pending.map((command) => {
    const attempt = wasSent(move, command) ? command.attempt + 1 : command.attempt;
    return { ...command, attempt, firstAttempt: attempt };
  });
  return dispatch(resumed, { ...state, pending });
}

function retryAtomic(resumed: Move, active: Active, transaction: SagaTransaction): Result {
  if (!wasBegun(resumed, active)) return stepInto(resumed, active.index);
  const change = askAgain(groupMove(resumed, active));
  return change.asks.length > 0
    ? changeGroup(resumed, active, change)
    : refuse(transaction, CONTRADICTED);
}

type SkipRequested = Extract<Event, { type: 'skip-requested' }>;

/** Leaves out what a parked saga waits for, optionally with a reply in its place. */
export function skip(move: Move, { step: named, reply }: SkipRequested): Result {
  const { transaction, saga } = move;
  if (transaction.status !== 'parked')
    return refuse(transaction, 'only a parked transaction can be skipped on');
  const pending = transaction.state.pending[0];
  const resumed = unpark(move);
  const active = activeIn(move);
  if (active) return skipAtomic(resumed, active, transaction);
  if (!pending) return skipOutput(move, reply);
  const step = saga.steps[pending.step];
  const waited = { name: stepNameOf(saga, transaction.state, pending), also: step?.name };
  if (!isFor(waited, named)) return refuse(transaction, notFor(waited.name, named));
  if (reply === undefined || !step?.action || pending.direction === 'compensation') {
    return skipStep(resumed, pending, undefined);
  }
  const checked = checkGiven(move, step, reply);
  if (!checked.ok) return refuse(transaction, wrongReply(step.name, checked.errors));
  return skipStep(resumed, pending, checked.value);
}

/** A human's reply for `step`, by its contract. */
function checkGiven({ recorded }: Move, { action, name }: PlainStep, reply: unknown) {
  return checkReply(action, reply, { name, recorded });
}

/** All steps are done and only the output could not be mapped: the reply given stands for it. */
function skipOutput(move: Move, reply: unknown): Result {
  try {
    return completeWith(unpark(move), toJson(reply ?? null));
  } catch {
    return refuse(move.transaction, 'the reply given as the output is no JSON value');
  }
}

/** Only before any of its branches was asked: all or nothing has no part to leave out. */
function skipAtomic(resumed: Move, active: Active, transaction: SagaTransaction): Result {
  if (wasBegun(resumed, active))
    return refuse(transaction, 'an atomic step cannot be left out: retry it, or resolve a branch');
  return stepInto(markAtomic(resumed, active.index, 'skipped'), active.index + 1);
}

/** A branch's compensation is also meant by the name of its step. */
function isFor(
  waited: { readonly name: string; readonly also: string | undefined },
  named: unknown,
): boolean {
  return named === undefined || named === waited.name || named === waited.also;
}

function notFor(step: string, named: unknown): string {
  return `it waits for step ${step}, not ${cut(named, MAX_DETAIL_CHARS)}`;
}

function wrongReply(step: string, errors: readonly FieldError[]): string {
  return `the reply does not match the contract of ${step}: ${listErrors(errors)}`;
}

type ResolveRequested = Extract<Event, { type: 'resolve-requested' }>;

/** Takes a human's word for the outcome that could not be learnt, or for a branch of an atomic step. */
export function resolve(move: Move, event: ResolveRequested): Result {
  const { transaction, saga } = move;
  const active = activeIn(move);
  if (active && wasBegun(move, active)) return resolveAtomic(move, active, event);
  if (transaction.status !== 'parked')
    return refuse(transaction, 'only a parked transaction can be resolved');
  const pending = transaction.state.pending[0];
  const step = pending && saga.steps[pending.step];
  if (!step) return refuse(transaction, 'it waits for no command: retry or skip it');
  const waited = { name: stepNameOf(saga, transaction.state, pending), also: step.name };
  if (!isFor(waited, event.step)) return refuse(transaction, notFor(waited.name, event.step));
  if (!isOutcome(event.outcome))
    return refuse(transaction, 'say what became of the step as "outcome"');
  if (event.outcome === 'rejected') return resolveAsRejected(move, pending, event.reason);
  if (pending.direction === 'compensation')
    return compensated(unpark(move), pending, 'compensated');
  return resolveAsSucceeded(move, pending, event.reply ?? {});
}

/** Parked or not: a decision that reaches nobody may be told by hand. */
function resolveAtomic(move: Move, active: Active, event: ResolveRequested): Result {
  const { transaction } = move;
  const { parked } = transaction.state;
  const resolution = resolveGroup(groupMove(move, active), parked, event);
  if ('refusal' in resolution) return refuse(transaction, resolution.refusal);
  if ('change' in resolution) return changeGroup(unpark(move), active, resolution.change);
  return parked?.isAcknowledged ? absorb(transaction) : parkAgain(move, resolution.noticed);
}

function resolveAsSucceeded(move: Move, pending: PendingCommand, reply: unknown): Result {
  const step = move.saga.steps[pending.step];
  if (!step?.action) return refuse(move.transaction, 'it waits for no reply');
  const checked = checkGiven(move, step, reply);
  if (checked.ok) return advance(unpark(move), pending, reply);
  const wrong = wrongReply(step.name, checked.errors);
  return refuse(move.transaction, `${wrong}; give it as "reply"`);
}

function resolveAsRejected(move: Move, pending: PendingCommand, why: string): Result {
  const step = move.saga.steps[pending.step];
  if (!step?.action || pending.direction === 'compensation')
    return refuse(move.transaction, 'a compensation has to succeed: retry or skip it');
  if (step.kind === 'retriable')
    return refuse(move.transaction, 'a retriable step has to succeed: retry or skip it');
  const error = { outcome: 'rejected', reason: 'resolved-as-rejected', detail: why } as const;
  return turnBack(markStep(unpark(move), pending, 'rejected'), failureOf(step, error));
}

function isOutcome(outcome: unknown): boolean {
  return outcome === 'succeeded' || outcome === 'rejected';
}
