import { validate } from '../schema.js';
import { absorb, refuse, type Event, type Transition } from '../transaction.js';
import {
  compensated,
  dispatch,
  failureOf,
  isPastReturn,
  markStep,
  advance,
  skipStep,
  stepInto,
  turnBack,
  unpark,
  type Move,
} from './moves.js';
import type { SagaState } from './state.js';

type Result = Transition<SagaState>;

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
    detail: reason.slice(0, 300),
  } as const;
  const resumed = unpark(move);
  const pending = state.pending[0];
  // A command that could not be mapped was never sent: that step needs no compensation.
  const ended = wasSent(move) ? 'unknown' : 'pending';
  return turnBack(pending ? markStep(resumed, pending, ended) : resumed, failure);
}

function wasSent({ transaction }: Move): boolean {
  return transaction.state.parked?.reason !== 'mapping-failed';
}

/** Asks the pending commands again at once, with a fresh budget of attempts when the saga was parked. */
export function retry(move: Move): Result {
  const { transaction } = move;
  const resumed = unpark(move);
  const { state } = resumed.transaction;
  if (state.pending.length === 0) return stepInto(resumed, move.saga.steps.length);
  if (transaction.status !== 'parked') return dispatch(resumed);
  const pending = state.pending.map((command) => {
    const attempt = wasSent(move) ? command.attempt + 1 : command.attempt;
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
  if (!pending) return stepInto(resumed, saga.steps.length);
  const step = saga.steps[pending.step];
  if (named !== undefined && named !== step?.name) {
    return refuse(transaction, `it waits for step ${step?.name ?? '?'}, not ${named}`);
  }
  if (reply === undefined || !step) return skipStep(resumed, pending, undefined);
  const checked = validate(step.action.mapping.operation.reply, reply);
  if (!checked.ok) return refuse(transaction, wrongReply(step.name, checked.errors));
  return skipStep(resumed, pending, checked.value);
}

function wrongReply(step: string, errors: readonly { pointer: string; detail: string }[]): string {
  const wrong = errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`);
  return `the reply does not match the contract of ${step}: ${wrong.join('; ')}`;
}

type ResolveRequested = Extract<Event, { type: 'resolve-requested' }>;

/** Takes a human's word for the outcome that could not be learnt. */
export function resolve(move: Move, event: ResolveRequested): Result {
  const { transaction, saga } = move;
  if (transaction.status !== 'parked')
    return refuse(transaction, 'only a parked transaction can be resolved');
  const pending = transaction.state.pending[0];
  const step = pending && saga.steps[pending.step];
  if (!step) return refuse(transaction, 'it waits for no command: retry it');
  const resumed = unpark(move);
  if (pending.direction === 'compensation') {
    if (event.outcome === 'rejected')
      return refuse(transaction, 'a compensation has to succeed: retry or skip it');
    return compensated(resumed, pending, 'compensated');
  }
  if (event.outcome === 'rejected') {
    if (step.kind === 'retriable')
      return refuse(transaction, 'a retriable step has to succeed: retry or skip it');
    const error = {
      outcome: 'rejected',
      reason: 'resolved-as-rejected',
      detail: event.reason,
    } as const;
    return turnBack(markStep(resumed, pending, 'rejected'), failureOf(step, error));
  }
  const reply = event.reply ?? {};
  const checked = validate(step.action.mapping.operation.reply, reply);
  if (!checked.ok) {
    return refuse(transaction, `${wrongReply(step.name, checked.errors)}; give it as "reply"`);
  }
  return advance(resumed, pending, reply);
}
