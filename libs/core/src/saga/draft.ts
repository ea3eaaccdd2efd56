import type { StepCommand } from '../mapped-command.js';
import type { RetryPolicy } from '../retry.js';
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
  type Parked,
  type StepError,
} from '../trouble.js';
import { branchStepName } from '../wire/step-name.js';
import type { PlainStep, SagaDefinition } from './define.js';
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

export type Result = Transition<SagaState>;

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

/** Whose command it is: a step's, or, for the compensation of one that was atomic, a branch's. */
export function ownerOf({ steps }: SagaDefinition, { step: index, branch }: PendingCommand) {
  const step = steps[index];
  return branch === null ? step : step?.group?.branches[branch];
}

/** The `skaldstep` of a pending command: of a branch it carries the round that committed. */
export function stepNameOf(
  saga: SagaDefinition,
  state: SagaState,
  pending: PendingCommand,
): string {
  const name = ownerOf(saga, pending)?.name ?? '';
  if (pending.branch === null) return name;
  const round = state.groups.find(({ step }) => step === pending.step)?.group.round ?? 1;
  return branchStepName(name, round);
}

/** Whether `pending` was ever committed to be sent: its request exists from then on. */
export function wasSent({ saga, transaction }: Move, pending: PendingCommand): boolean {
  const owner = ownerOf(saga, pending);
  const { requests } = transaction.payloads;
  return owner !== undefined && requestKey(owner.name, pending.direction) in requests;
}

/** The action or compensation that a pending command asks for; `bar` asks for the action's outcome. */
export function commandOf(saga: SagaDefinition, pending: PendingCommand): StepCommand | undefined {
  if (pending.direction === 'compensation') return ownerOf(saga, pending)?.compensation;
  return saga.steps[pending.step]?.action;
}

export function policyOf(saga: SagaDefinition, pending: PendingCommand): RetryPolicy {
  const command = commandOf(saga, pending);
  return command?.retry ?? { maxAttempts: 1, initialMs: 0, factor: 1, capMs: 0 };
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

export function withStep(
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

export function stepWith({ actionAttempts, compensationAttempts }: StepState, status: StepStatus) {
  return { status, actionAttempts, compensationAttempts };
}

export function counted(step: StepState, { direction, attempt }: PendingCommand): StepState {
  const { status, actionAttempts, compensationAttempts } = step;
  if (direction === 'bar') return step;
  return direction === 'action'
    ? { status, actionAttempts: attempt, compensationAttempts }
    : { status, actionAttempts, compensationAttempts: attempt };
}

export function stateWith(
  { groups, failure, parked }: SagaState,
  steps: readonly StepState[],
  pending: readonly PendingCommand[],
): SagaState {
  return { steps, pending, groups, failure, parked };
}

export function withState(move: Move, state: SagaState): Move {
  return withTransaction(move, copyWith(move.transaction, state, move.transaction.payloads));
}

export function withPayloads(move: Move, changed: Partial<Payloads>): Move {
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

export function withTransaction(move: Move, transaction: SagaTransaction): Move {
  const { saga, at, recorded, replyOf } = move;
  return { saga, transaction, at, recorded, replyOf };
}

/**
 * Field by field and not by spread, as all of the hot path: objects of one shape are what the engine's
 * JIT compiler is good at, and spreads of spreads have many shapes.
 */
export function copyWith(
  from: SagaTransaction,
  state: SagaState,
  payloads: Payloads,
): SagaTransaction {
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

export function sentAt({ saga, at }: Move, command: PendingCommand): PendingCommand {
  return {
    step: command.step,
    direction: command.direction,
    attempt: command.attempt,
    firstAttempt: command.firstAttempt,
    resendAt: at + (commandOf(saga, command)?.timeoutMs ?? 0),
    lastError: command.lastError,
    branch: command.branch,
  };
}

/** Stops until a human decides. Everything needed to go on is kept (S10). */
export function park(move: Move, reason: ParkedReason, detail: string): Result {
  return parkWith(move, { reason, detail }, NOTHING_PRODUCED);
}

/** Parks for something that the definition's code or schemas said: recorded, so that replay can repeat it. */
export function parkFor(move: Move, reason: ParkedReason, problem: string): Result {
  const detail = cut(problem, MAX_DETAIL_CHARS);
  return parkWith(move, { reason, detail }, { ...NOTHING_PRODUCED, problem: detail });
}

function parkWith(
  move: Move,
  { reason, detail }: { readonly reason: ParkedReason; readonly detail: string },
  produced: Produced,
): Result {
  const { state, status } = move.transaction;
  const isUndoing = state.pending.some(({ direction }) => direction === 'compensation');
  const turnedBack = isUndoing || state.failure !== null;
  const from: Status = turnedBack ? 'compensating' : status;
  const parked = { reason, from, at: move.at, detail: cut(detail, MAX_DETAIL_CHARS) };
  return settle(withState(move, { ...state, parked }), 'parked', [], produced);
}

/** It stays parked, with what became known. */
export function parkAgain(move: Move, parked: Parked): Result {
  const { state } = move.transaction;
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
  step: PlainStep,
  error: StepError & { readonly detail?: string },
): Failure {
  const { participant, operation } = step.action.mapping.operation;
  const { outcome, reason } = cutError(error);
  const detail = error.detail === undefined ? null : cut(error.detail, MAX_DETAIL_CHARS);
  return { step: step.name, participant, operation, outcome, reason, detail };
}

export function cutError({ outcome, reason }: StepError): StepError {
  return { outcome, reason: cut(reason, MAX_REASON_CHARS) };
}

export function settle(
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
    produced: replyOf === undefined ? produced : withReplyOf(produced, replyOf),
  };
}

/** Named one by one: with nearly every reply, a spread would cost half a microsecond. */
function withReplyOf({ requests, output, problem }: Produced, replyOf: string): Produced {
  if (problem === undefined) return { requests, output, replyOf };
  return { requests, output, replyOf, problem };
}
