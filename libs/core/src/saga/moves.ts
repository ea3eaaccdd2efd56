import { validate } from '../schema.js';
import { backoffMs, type RetryPolicy } from '../retry.js';
import {
  NOTHING_PRODUCED,
  type Direction,
  type Effect,
  type ParkedReason,
  type Payloads,
  type Status,
  type Transition,
} from '../transaction.js';
import type { SagaDefinition, StepCommand, StepDefinition } from './define.js';
import {
  MAX_DETAIL_CHARS,
  MAX_REASON_CHARS,
  type Failure,
  type PendingCommand,
  type SagaState,
  type SagaTransaction,
  type StepError,
  type StepState,
  type StepStatus,
} from './state.js';

/** One transition in the making: the saga, the transaction as it is so far, and the event's time. */
export interface Move {
  readonly saga: SagaDefinition;
  readonly transaction: SagaTransaction;
  readonly at: number;
}

type Result = Transition<SagaState>;

/** The key of a request among the payloads. */
export function requestKey(step: string, direction: Direction): string {
  return `${step}/${direction}`;
}

/** The action or compensation that a pending command asks for; `bar` asks for the action's outcome. */
export function commandOf(saga: SagaDefinition, pending: PendingCommand): StepCommand | undefined {
  const step = saga.steps[pending.step];
  return pending.direction === 'compensation' ? step?.compensation : step?.action;
}

export function policyOf(saga: SagaDefinition, pending: PendingCommand): RetryPolicy {
  const command = commandOf(saga, pending);
  return command?.retry ?? { maxAttempts: 1, initialMs: 0, factor: 1, capMs: 0 };
}

/** Whether a pivot or retriable action was committed to be sent: from there on there is no way back (S3). */
export function isPastReturn({ saga, transaction }: Move): boolean {
  const { state, payloads } = transaction;
  return saga.steps.some((step, index) => {
    const status = state.steps[index]?.status ?? 'pending';
    if (step.kind === 'compensatable' || status === 'pending') return false;
    return status !== 'running' || requestKey(step.name, 'action') in payloads.requests;
  });
}

/** Writes down how the step of `pending` ended, and that nothing is pending any more. */
export function markStep(move: Move, pending: PendingCommand, status: StepStatus): Move {
  const { state } = move.transaction;
  const steps = state.steps.map((step, index) =>
    index === pending.step ? counted({ ...step, status }, pending) : step,
  );
  return withState(move, { ...state, steps, pending: [] });
}

function counted(step: StepState, { direction, attempt }: PendingCommand): StepState {
  if (direction === 'bar' || step.status === 'pending') return step;
  return direction === 'action'
    ? { ...step, actionAttempts: attempt }
    : { ...step, compensationAttempts: attempt };
}

function withState(move: Move, state: SagaState): Move {
  return { ...move, transaction: { ...move.transaction, state } };
}

function withPayloads(move: Move, payloads: Partial<Payloads>): Move {
  const { transaction } = move;
  return {
    ...move,
    transaction: { ...transaction, payloads: { ...transaction.payloads, ...payloads } },
  };
}

/** The action of `pending` succeeded: the next step, or the end. A reply that breaks the contract parks. */
export function advance(move: Move, pending: PendingCommand, reply: unknown): Result {
  const step = move.saga.steps[pending.step];
  if (!step) return stepInto(move, pending.step);
  const checked = validate(step.action.mapping.operation.reply, reply);
  if (!checked.ok) {
    const wrong = checked.errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`);
    return park(
      move,
      'protocol-error',
      `${step.name}: the reply breaks its contract: ${wrong.join('; ')}`,
    );
  }
  const replies = { ...move.transaction.payloads.replies, [step.name]: checked.value };
  return stepInto(
    withPayloads(markStep(move, pending, 'succeeded'), { replies }),
    pending.step + 1,
  );
}

/** Leaves the step of `pending` as skipped, with the reply a human gave for it, and goes on. */
export function skipStep(move: Move, pending: PendingCommand, reply: unknown): Result {
  const step = move.saga.steps[pending.step];
  if (pending.direction === 'compensation') return compensated(move, pending, 'skipped');
  const skipped = markStep(move, pending, 'skipped');
  if (!step || reply === undefined) return stepInto(skipped, pending.step + 1);
  const replies = { ...move.transaction.payloads.replies, [step.name]: reply };
  return stepInto(withPayloads(skipped, { replies }), pending.step + 1);
}

/** Begins the step at `index`, or completes the saga when there is none. */
export function stepInto(move: Move, index: number): Result {
  const step = move.saga.steps[index];
  if (!step) return complete(move);
  return issue(move, index, 'action');
}

function complete(move: Move): Result {
  const { saga, transaction } = move;
  let output = transaction.payloads.output;
  if (output === null) {
    try {
      output = toJson(saga.output ? saga.output(contextOf(move)) : {});
    } catch (error) {
      return park(move, 'mapping-failed', `output: ${String(error)}`);
    }
  }
  const ended = withPayloads(move, { output });
  return settle(ended, 'completed', [], { requests: {}, output });
}

/** Sends the `direction` command of the step at `index`. Its request is mapped here, once (S6). */
export function issue(move: Move, index: number, direction: 'action' | 'compensation'): Result {
  const { transaction } = move;
  const { state } = transaction;
  const known = state.steps[index];
  const before = direction === 'action' ? known?.actionAttempts : known?.compensationAttempts;
  const attempt = (before ?? 0) + 1;
  const pending: PendingCommand = {
    step: index,
    direction,
    attempt,
    firstAttempt: attempt,
    resendAt: move.at,
    lastError: null,
  };
  const status: StepStatus = direction === 'action' ? 'running' : 'compensating';
  const steps = state.steps.map((step, at) => (at === index ? { ...step, status } : step));
  return dispatch(withState(move, { ...state, steps, pending: [pending] }));
}

/** Sends every pending command once, now; maps the requests that do not exist yet. */
export function dispatch(move: Move): Result {
  const requests: Record<string, string> = {};
  for (const pending of move.transaction.state.pending) {
    const made = requestOf(move, pending);
    if ('problem' in made) return park(move, 'mapping-failed', made.problem);
    if (made.isNew) requests[made.key] = made.body;
  }
  const { state, payloads } = move.transaction;
  const pending = state.pending.map((command) => ({
    ...command,
    resendAt: move.at + (commandOf(move.saga, command)?.timeoutMs ?? 0),
  }));
  const sent = withPayloads(withState(move, { ...state, pending }), {
    requests: { ...payloads.requests, ...requests },
  });
  const status = pending.some(({ direction }) => direction === 'compensation')
    ? 'compensating'
    : 'running';
  const effects = pending.map((command): Effect => ({
    type: 'send',
    step: move.saga.steps[command.step]?.name ?? '',
    direction: command.direction,
    attempt: command.attempt,
  }));
  return settle(sent, status, effects, { requests, output: null });
}

type Made =
  | { readonly key: string; readonly body: string; readonly isNew: boolean }
  | { readonly problem: string };

function requestOf(move: Move, pending: PendingCommand): Made {
  const step = move.saga.steps[pending.step];
  const command = commandOf(move.saga, pending);
  if (!step || !command) return { problem: `step ${pending.step} is not in the definition` };
  const direction = pending.direction === 'bar' ? 'action' : pending.direction;
  const key = requestKey(step.name, direction);
  const known = move.transaction.payloads.requests[key];
  if (known !== undefined) return { key, body: known, isNew: false };
  try {
    const body = command.mapping.map(contextOf(move));
    const checked = validate(command.mapping.operation.request, body);
    if (checked.ok) return { key, body: toJson(body), isNew: true };
    const wrong = checked.errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`);
    return { problem: `${key}: the request breaks its contract: ${wrong.join('; ')}` };
  } catch (error) {
    return { problem: `${key}: ${String(error)}` };
  }
}

function contextOf({ transaction }: Move): never {
  const { input, replies } = transaction.payloads;
  return { input, replies, transaction: { id: transaction.id } } as never;
}

function toJson(value: unknown): string {
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError('expected a JSON value');
  return json;
}

/** The attempt failed and another will follow: later, by capped backoff, or as the participant asks. */
export function backOff(
  move: Move,
  pending: PendingCommand,
  failed: { error: StepError & { retryAfterMs?: number }; policy: RetryPolicy; entropy: number },
): Result {
  const { state } = move.transaction;
  const asked = Math.min(failed.error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  const waitMs = Math.max(backoffMs(failed.policy, pending.attempt, failed.entropy), asked);
  const next: PendingCommand = {
    ...pending,
    attempt: pending.attempt + 1,
    resendAt: move.at + waitMs,
    lastError: cutError(failed.error),
  };
  const others = state.pending.filter((command) => command !== pending);
  const steps = state.steps.map((step, index) =>
    index === pending.step ? counted(step, pending) : step,
  );
  const waiting = withState(move, { ...state, steps, pending: [...others, next] });
  return settle(waiting, move.transaction.status, [], NOTHING_PRODUCED);
}

const MAX_RETRY_AFTER_MS = 3_600_000;

/** Asks for the outcome of an unknown pivot in a way that forbids it to happen later (S4). */
export function bar(move: Move, pending: PendingCommand, error: StepError): Result {
  const { state } = move.transaction;
  const steps = state.steps.map((step, index) =>
    index === pending.step ? counted(step, pending) : step,
  );
  const asked: PendingCommand = {
    ...pending,
    direction: 'bar',
    attempt: 1,
    firstAttempt: 1,
    lastError: cutError(error),
  };
  return dispatch(withState(move, { ...state, steps, pending: [asked] }));
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
  return undoNext(markStep(move, pending, status));
}

function undoNext(move: Move): Result {
  const { steps } = move.transaction.state;
  for (let index = steps.length - 1; index >= 0; index--) {
    const status = steps[index]?.status;
    const isUndoable = move.saga.steps[index]?.compensation !== undefined;
    if (isUndoable && (status === 'succeeded' || status === 'unknown')) {
      return issue(move, index, 'compensation');
    }
  }
  return settle(move, 'compensated', [], NOTHING_PRODUCED);
}

/** Stops until a human decides. Everything needed to go on is kept (S10). */
export function park(move: Move, reason: ParkedReason, detail: string): Result {
  const { state, status } = move.transaction;
  const turnedBack = state.pending.some(({ direction }) => direction === 'compensation');
  const from: Status = turnedBack ? 'compensating' : status;
  const parked = { reason, from, at: move.at, detail: detail.slice(0, MAX_DETAIL_CHARS) };
  return settle(withState(move, { ...state, parked }), 'parked', [], NOTHING_PRODUCED);
}

/** Takes the parked mark off, so that another move can go on from where the saga stopped. */
export function unpark(move: Move): Move {
  const { transaction } = move;
  const { parked } = transaction.state;
  if (!parked) return move;
  const status = parked.from;
  return {
    ...move,
    transaction: { ...transaction, status, state: { ...transaction.state, parked: null } },
  };
}

export function failureOf(
  step: StepDefinition,
  error: StepError & { readonly detail?: string },
): Failure {
  const { participant, operation } = step.action.mapping.operation;
  const { outcome, reason } = cutError(error);
  const detail = error.detail?.slice(0, MAX_DETAIL_CHARS) ?? null;
  return { step: step.name, participant, operation, outcome, reason, detail };
}

function cutError({ outcome, reason }: StepError): StepError {
  return { outcome, reason: reason.slice(0, MAX_REASON_CHARS) };
}

function settle(
  { transaction, at }: Move,
  status: Status,
  effects: readonly Effect[],
  produced: Transition<SagaState>['produced'],
): Result {
  const endedAt = status === 'completed' || status === 'compensated' ? at : null;
  return {
    next: {
      ...transaction,
      status,
      version: transaction.version + 1,
      seq: transaction.seq + 1,
      updatedAt: at,
      endedAt,
    },
    effects,
    produced,
  };
}
