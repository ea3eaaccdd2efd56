import type { StepCommand } from '../mapped-command.js';
import { checkReply, contextOf, listErrors, mapOutput, mapRequest } from '../request.js';
import { waitMsAfter, type RetryPolicy } from '../retry.js';
import {
  NOTHING_PRODUCED,
  type Direction,
  type Effect,
  type ParkedReason,
  type Payloads,
  type Produced,
  type Status,
  type Transition,
} from '../transaction.js';
import {
  cut,
  MAX_DETAIL_CHARS,
  MAX_REASON_CHARS,
  type Failure,
  type StepError,
} from '../trouble.js';
import type { SagaDefinition, StepDefinition } from './define.js';
import type { PendingCommand, SagaState, SagaTransaction, StepState, StepStatus } from './state.js';

/** One transition in the making: the saga, the transaction as it is so far, and the event's time. */
export interface Move {
  readonly saga: SagaDefinition;
  readonly transaction: SagaTransaction;
  readonly at: number;
  /**
   * On replay, what this transition produced when it was first made: then the definition's code and
   * schemas are not asked, because a later deploy may have changed their answers.
   */
  readonly recorded?: Produced | undefined;
  /** The step whose reply this transition took. */
  readonly replyOf?: string | undefined;
}

type Result = Transition<SagaState>;

/** The key of a request among the payloads; `bar` asks with the action's. */
export function requestKey(step: string, direction: Direction): string {
  const known = KEYS.get(step);
  if (known) return direction === 'compensation' ? known.compensation : known.action;
  if (KEYS.size < MAX_KEYS) {
    KEYS.set(step, { action: `${step}/action`, compensation: `${step}/compensation` });
  }
  return `${step}/${direction === 'bar' ? 'action' : direction}`;
}

/** Keys by step: made and hashed once, and not several times in every transition. */
const KEYS = new Map<string, { readonly action: string; readonly compensation: string }>();
const MAX_KEYS = 10_000;

/** Whether `pending` was ever committed to be sent: its request exists from then on. */
export function wasSent({ saga, transaction }: Move, pending: PendingCommand): boolean {
  const step = saga.steps[pending.step];
  const { requests } = transaction.payloads;
  return step !== undefined && requestKey(step.name, pending.direction) in requests;
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
export function isPastReturn({ saga, transaction }: Pick<Move, 'saga' | 'transaction'>): boolean {
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
  const counts = wasSent(move, pending);
  const steps = withStep(state.steps, pending.step, (step) =>
    stepWith(counts ? counted(step, pending) : step, status),
  );
  return withState(move, stateWith(state, steps, []));
}

function withStep(
  steps: readonly StepState[],
  index: number,
  change: (step: StepState) => StepState,
): readonly StepState[] {
  const step = steps[index];
  if (!step) return steps;
  const changed = steps.slice();
  changed[index] = change(step);
  return changed;
}

function stepWith({ actionAttempts, compensationAttempts }: StepState, status: StepStatus) {
  return { status, actionAttempts, compensationAttempts };
}

function counted(step: StepState, { direction, attempt }: PendingCommand): StepState {
  const { status, actionAttempts, compensationAttempts } = step;
  if (direction === 'bar') return step;
  return direction === 'action'
    ? { status, actionAttempts: attempt, compensationAttempts }
    : { status, actionAttempts, compensationAttempts: attempt };
}

function stateWith(
  { failure, parked }: SagaState,
  steps: readonly StepState[],
  pending: readonly PendingCommand[],
): SagaState {
  return { steps, pending, failure, parked };
}

function withState(move: Move, state: SagaState): Move {
  return withTransaction(move, copyWith(move.transaction, state, move.transaction.payloads));
}

function withPayloads(move: Move, changed: Partial<Payloads>): Move {
  const { state, payloads } = move.transaction;
  const { input, replies, requests, output } = payloads;
  const next: Payloads = {
    input,
    replies: changed.replies ?? replies,
    requests: changed.requests ?? requests,
    output: changed.output ?? output,
  };
  return withTransaction(move, copyWith(move.transaction, state, next));
}

function withTransaction(move: Move, transaction: SagaTransaction): Move {
  const { saga, at, recorded, replyOf } = move;
  return { saga, transaction, at, recorded, replyOf };
}

/**
 * Field by field and not by spread, as all of the hot path: objects of one shape are what the engine's
 * JIT compiler is good at, and spreads of spreads have many shapes.
 */
function copyWith(from: SagaTransaction, state: SagaState, payloads: Payloads): SagaTransaction {
  return {
    id: from.id,
    definition: from.definition,
    status: from.status,
    version: from.version,
    seq: from.seq,
    startedAt: from.startedAt,
    deadline: from.deadline,
    updatedAt: from.updatedAt,
    endedAt: from.endedAt,
    state,
    payloads,
  };
}

/** The action of `pending` succeeded: the next step, or the end. A reply that breaks the contract parks. */
export function advance(move: Move, pending: PendingCommand, reply: unknown): Result {
  const step = move.saga.steps[pending.step];
  if (!step) return stepInto(move, pending.step);
  const checked = checkReply(step.action, reply, { name: step.name, recorded: move.recorded });
  if (!checked.ok) {
    const problem = `${step.name}: the reply breaks its contract: ${listErrors(checked.errors)}`;
    return parkFor(move, 'protocol-error', move.recorded?.problem ?? problem);
  }
  const took = takeReply(move, step, checked.value);
  return stepInto(markStep(took, pending, 'succeeded'), pending.step + 1);
}

function takeReply(move: Move, step: StepDefinition, value: unknown): Move {
  const replies = { ...move.transaction.payloads.replies, [step.name]: value };
  const { saga, transaction, at, recorded } = withPayloads(move, { replies });
  return { saga, transaction, at, recorded, replyOf: step.name };
}

/** Leaves the step of `pending` as skipped, with the reply a human gave for it, and goes on. */
export function skipStep(move: Move, pending: PendingCommand, reply: unknown): Result {
  const step = move.saga.steps[pending.step];
  if (pending.direction === 'compensation') return compensated(move, pending, 'skipped');
  const skipped = markStep(move, pending, 'skipped');
  const gives = step !== undefined && reply !== undefined;
  return stepInto(gives ? takeReply(skipped, step, reply) : skipped, pending.step + 1);
}

/** Begins the step at `index`, or completes the saga when there is none. */
export function stepInto(move: Move, index: number): Result {
  const step = move.saga.steps[index];
  if (!step) return complete(move);
  return issue(move, index, 'action');
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
  const steps = withStep(state.steps, index, (step) => stepWith(step, status));
  return dispatch(withState(move, stateWith(state, steps, [pending])));
}

/** Sends every pending command once, now; maps the requests that do not exist yet. */
export function dispatch(move: Move): Result {
  const requests: Record<string, string> = {};
  for (const pending of move.transaction.state.pending) {
    const made = requestOf(move, pending);
    if ('problem' in made) return parkFor(move, 'mapping-failed', made.problem);
    if (made.isNew) requests[made.key] = made.body;
  }
  const { state, payloads } = move.transaction;
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
    step: move.saga.steps[command.step]?.name ?? '',
    direction: command.direction,
    attempt: command.attempt,
  }));
  return settle(withTransaction(move, sent), status, effects, { requests, output: null });
}

function sentAt({ saga, at }: Move, command: PendingCommand): PendingCommand {
  return {
    step: command.step,
    direction: command.direction,
    attempt: command.attempt,
    firstAttempt: command.firstAttempt,
    resendAt: at + (commandOf(saga, command)?.timeoutMs ?? 0),
    lastError: command.lastError,
  };
}

type Made =
  | { readonly key: string; readonly body: string; readonly isNew: boolean }
  | { readonly problem: string };

function requestOf(move: Move, pending: PendingCommand): Made {
  const step = move.saga.steps[pending.step];
  const command = commandOf(move.saga, pending);
  if (!step || !command) return { problem: `step ${pending.step} is not in the definition` };
  const key = requestKey(step.name, pending.direction);
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
  return parkWith(move, { reason, detail }, NOTHING_PRODUCED);
}

/** Parks for something that the definition's code or schemas said: recorded, so that replay can repeat it. */
function parkFor(move: Move, reason: ParkedReason, problem: string): Result {
  const detail = cut(problem, MAX_DETAIL_CHARS);
  return parkWith(move, { reason, detail }, { ...NOTHING_PRODUCED, problem: detail });
}

function parkWith(
  move: Move,
  { reason, detail }: { readonly reason: ParkedReason; readonly detail: string },
  produced: Produced,
): Result {
  const { state, status } = move.transaction;
  const turnedBack = state.pending.some(({ direction }) => direction === 'compensation');
  const from: Status = turnedBack ? 'compensating' : status;
  const parked = { reason, from, at: move.at, detail: cut(detail, MAX_DETAIL_CHARS) };
  return settle(withState(move, { ...state, parked }), 'parked', [], produced);
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
  const detail = error.detail === undefined ? null : cut(error.detail, MAX_DETAIL_CHARS);
  return { step: step.name, participant, operation, outcome, reason, detail };
}

function cutError({ outcome, reason }: StepError): StepError {
  return { outcome, reason: cut(reason, MAX_REASON_CHARS) };
}

function settle(
  { transaction, at, replyOf }: Move,
  status: Status,
  effects: readonly Effect[],
  produced: Produced,
): Result {
  const endedAt = status === 'completed' || status === 'compensated' ? at : null;
  return {
    next: {
      id: transaction.id,
      definition: transaction.definition,
      status,
      version: transaction.version + 1,
      seq: transaction.seq + 1,
      startedAt: transaction.startedAt,
      deadline: transaction.deadline,
      updatedAt: at,
      endedAt,
      state: transaction.state,
      payloads: transaction.payloads,
    },
    effects,
    produced: replyOf === undefined ? produced : { ...produced, replyOf },
  };
}
