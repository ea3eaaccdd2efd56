import type { FieldError } from '../errors.js';
import { checkReply, listErrors, toJson } from '../request.js';
import { absorb, isOperators, refuse, type Event, type Transition } from '../transaction.js';
import { cut, MAX_DETAIL_CHARS } from '../trouble.js';
import {
  advance,
  compensated,
  completeWith,
  dispatch,
  failureOf,
  isPastReturn,
  markStep,
  skipStep,
  stepInto,
  turnBack,
  unpark,
  wasSent,
  type Move,
} from './moves.js';
import type { StepDefinition } from './define.js';
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
  const resumed = unpark(move);
  const pending = state.pending[0];
  // A command that could not be mapped was never sent: that step needs no compensation.
  if (!pending) return turnBack(resumed, failure);
  const ended = wasSent(move, pending) ? 'unknown' : 'pending';
  return turnBack(markStep(resumed, pending, ended), failure);
}

/** Asks the pending commands again at once, with a fresh budget of attempts when the saga was parked. */
export function retry(move: Move): Result {
  const { transaction } = move;
  const resumed = unpark(move);
  const { state } = resumed.transaction;
  if (state.pending.length === 0) return stepInto(resumed, move.saga.steps.length);
  if (transaction.status !== 'parked') return dispatch(resumed);
  const pending = state.pending.map((command) => {
    const attempt = wasSent(move, command) ? command.attempt + 1 : command.attempt;
    return { ...command, attempt, firstAttempt: attempt };
  });
  return dispatch({
    ...resumed,
    transaction: { ...resumed.transaction, state: { ...state, pending } },
  });
}

type SkipRequested = Extract<Event, { type: 'skip-requested' }>;

/** Leaves out what a parked saga waits for, optionally with a reply in its place. */
export function skip(move: Move, { step: named, reply }: SkipRequested): Result {
  const { transaction, saga } = move;
  if (transaction.status !== 'parked')
    return refuse(transaction, 'only a parked transaction can be skipped on');
  const pending = transaction.state.pending[0];
  const resumed = unpark(move);
  if (!pending) return skipOutput(move, reply);
  const step = saga.steps[pending.step];
  if (named !== undefined && named !== step?.name) return refuse(transaction, notFor(step, named));
  if (reply === undefined || !step || pending.direction === 'compensation') {
    return skipStep(resumed, pending, undefined);
  }
  const checked = checkGiven(move, step, reply);
  if (!checked.ok) return refuse(transaction, wrongReply(step.name, checked.errors));
  return skipStep(resumed, pending, checked.value);
}

/** A human's reply for `step`, by its contract. */
function checkGiven({ recorded }: Move, { action, name }: StepDefinition, reply: unknown) {
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

function notFor(step: StepDefinition | undefined, named: unknown): string {
  return `it waits for step ${step?.name ?? '?'}, not ${cut(named, MAX_DETAIL_CHARS)}`;
}

function wrongReply(step: string, errors: readonly FieldError[]): string {
  return `the reply does not match the contract of ${step}: ${listErrors(errors)}`;
}

type ResolveRequested = Extract<Event, { type: 'resolve-requested' }>;

/** Takes a human's word for the outcome that could not be learnt. */
export function resolve(move: Move, event: ResolveRequested): Result {
  const { transaction, saga } = move;
  if (transaction.status !== 'parked')
    return refuse(transaction, 'only a parked transaction can be resolved');
  const pending = transaction.state.pending[0];
  const step = pending && saga.steps[pending.step];
  if (!step) return refuse(transaction, 'it waits for no command: retry or skip it');
  if (event.step !== undefined && event.step !== step.name) {
    return refuse(transaction, notFor(step, event.step));
  }
  if (!isOutcome(event.outcome))
    return refuse(transaction, 'say what became of the step as "outcome"');
  return event.outcome === 'succeeded'
    ? resolveAsSucceeded(move, { step, pending, reply: event.reply ?? {} })
    : resolveAsRejected(move, { step, pending, why: event.reason });
}

interface Answered {
  readonly step: StepDefinition;
  readonly pending: PendingCommand;
}

function resolveAsSucceeded(
  move: Move,
  { step, pending, reply }: Answered & { readonly reply: unknown },
): Result {
  const resumed = unpark(move);
  if (pending.direction === 'compensation') return compensated(resumed, pending, 'compensated');
  const checked = checkGiven(move, step, reply);
  if (checked.ok) return advance(resumed, pending, reply);
  const wrong = wrongReply(step.name, checked.errors);
  return refuse(move.transaction, `${wrong}; give it as "reply"`);
}

function resolveAsRejected(
  move: Move,
  { step, pending, why }: Answered & { readonly why: string },
): Result {
  if (pending.direction === 'compensation')
    return refuse(move.transaction, 'a compensation has to succeed: retry or skip it');
  if (step.kind === 'retriable')
    return refuse(move.transaction, 'a retriable step has to succeed: retry or skip it');
  const error = { outcome: 'rejected', reason: 'resolved-as-rejected', detail: why } as const;
  return turnBack(markStep(unpark(move), pending, 'rejected'), failureOf(step, error));
}

function isOutcome(outcome: unknown): boolean {
  return outcome === 'succeeded' || outcome === 'rejected';
}
