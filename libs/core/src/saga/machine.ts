import type { Operation } from '../contract/participant.js';
import { asTransactionId, type TransactionId } from '../ids.js';
import type { PinnedDefinition } from '../definition.js';
import { invariant } from '../errors.js';
import type { Direction, Produced, Transition } from '../transaction.js';
import type { SagaDefinition } from './define.js';
import { commandOf, requestKey, stepInto } from './moves.js';
import type { PendingCommand, SagaState, SagaTransaction } from './state.js';

/** What a saga starts from. Times in ms since the epoch, database clock. */
export interface StartRequest {
  readonly id: TransactionId;
  readonly definition: PinnedDefinition;
  /** As the definition's schema gives it: already validated. */
  readonly input: unknown;
  readonly at: number;
  /** When it turns back by itself; the definition's `deadlineMs` after `at` by default. */
  readonly deadline?: number;
}

/**
 * The first transition: version 1, with the first step's command to send (or parked, if its mapping
 * fails). `recorded` is for replay alone: what this start produced when it was first made.
 */
export function start(
  saga: SagaDefinition,
  request: StartRequest,
  recorded?: Produced,
): Transition<SagaState> {
  invariant(asTransactionId(request.id) !== undefined, `the id ${request.id} is a UUID`);
  const transaction: SagaTransaction = {
    id: request.id,
    definition: request.definition,
    status: 'running',
    version: 0,
    seq: 0,
    startedAt: request.at,
    deadline: request.deadline ?? request.at + saga.deadlineMs,
    updatedAt: request.at,
    endedAt: null,
    state: {
      steps: saga.steps.map(() => ({
        status: 'pending',
        actionAttempts: 0,
        compensationAttempts: 0,
      })),
      pending: [],
      failure: null,
      parked: null,
    },
    payloads: { input: request.input, replies: {}, requests: {}, output: null },
  };
  return stepInto({ saga, transaction, at: request.at, recorded }, 0);
}

/** A command as it leaves: everything the wire and the shell's gate need of it. */
export interface OutgoingCommand {
  readonly transaction: TransactionId;
  readonly step: string;
  readonly direction: Direction;
  readonly attempt: number;
  readonly participant: string;
  readonly operation: Operation;
  /** The request as JSON text, the same bytes at every attempt. */
  readonly body: string;
  /** Whether a no is final here (compensatable and pivot actions). */
  readonly isRefusable: boolean;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  readonly startedAt: number;
  readonly deadline: number;
}

/** The commands an open saga waits for, ready to send. Derived from state, so they can be derived again. */
export function pendingCommands(
  saga: SagaDefinition,
  transaction: SagaTransaction,
): OutgoingCommand[] {
  const commands: OutgoingCommand[] = [];
  for (const pending of transaction.state.pending) {
    const command = outgoing(saga, transaction, pending);
    if (command) commands.push(command);
  }
  return commands;
}

function outgoing(
  saga: SagaDefinition,
  transaction: SagaTransaction,
  pending: PendingCommand,
): OutgoingCommand | undefined {
  const step = saga.steps[pending.step];
  const command = commandOf(saga, pending);
  if (!step || !command) return undefined;
  const { direction, attempt } = pending;
  const body = transaction.payloads.requests[requestKey(step.name, direction)];
  if (body === undefined) return undefined;
  return {
    transaction: transaction.id,
    step: step.name,
    direction,
    attempt,
    participant: command.mapping.operation.participant,
    operation: command.mapping.operation,
    body,
    isRefusable: direction === 'action' && step.kind !== 'retriable',
    timeoutMs: command.timeoutMs,
    maxAttempts: command.retry.maxAttempts,
    startedAt: transaction.startedAt,
    deadline: transaction.deadline,
  };
}

/** One call that would follow, for previews. */
export interface PlannedCall {
  readonly step: string;
  readonly direction: Direction;
  readonly participant: string;
  readonly operation: string;
}

/** The calls that follow from here if every answer is a success, in order. */
export function plannedCalls(saga: SagaDefinition, transaction: SagaTransaction): PlannedCall[] {
  const { state, status } = transaction;
  const isBack = (state.parked?.from ?? status) === 'compensating';
  const order = saga.steps.map((_, index) => index);
  const calls: PlannedCall[] = [];
  for (const index of isBack ? order.reverse() : order) {
    const direction = plannedDirection(saga, state, { index, isBack });
    const step = saga.steps[index];
    const command = direction === 'compensation' ? step?.compensation : step?.action;
    if (!direction || !step || !command) continue;
    const { participant, operation } = command.mapping.operation;
    calls.push({ step: step.name, direction, participant, operation });
  }
  return calls;
}

function plannedDirection(
  saga: SagaDefinition,
  state: SagaState,
  { index, isBack }: { index: number; isBack: boolean },
): Direction | undefined {
  const pending = state.pending.find((command) => command.step === index);
  if (pending) return pending.direction;
  const status = state.steps[index]?.status;
  if (!isBack) return status === 'pending' ? 'action' : undefined;
  const isUndoable = saga.steps[index]?.compensation !== undefined;
  return isUndoable && (status === 'succeeded' || status === 'unknown')
    ? 'compensation'
    : undefined;
}
