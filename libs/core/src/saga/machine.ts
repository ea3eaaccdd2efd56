import { invariant } from '../errors.js';
import { asTransactionId } from '../ids.js';
import type { OutgoingCommand, PlannedCall, StartRequest } from '../outgoing.js';
import type { Direction, Produced, Transition } from '../transaction.js';
import type { SagaDefinition } from './define.js';
import { commandOf, isPastReturn, requestKey, stepInto } from './moves.js';
import type { PendingCommand, SagaState, SagaTransaction } from './state.js';

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
    resendAt: pending.resendAt,
    startedAt: transaction.startedAt,
    deadline: transaction.deadline,
  };
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

/** When something has to happen next by itself, ms since the epoch. */
export function dueAt({ status, state, deadline }: SagaTransaction): number {
  let due = status === 'running' ? deadline : Infinity;
  for (const { resendAt } of state.pending) if (resendAt < due) due = resendAt;
  return due;
}

/** Whether its deadline would turn it back. */
export function heedsDeadline(saga: SagaDefinition, transaction: SagaTransaction): boolean {
  return transaction.status === 'running' && !isPastReturn({ saga, transaction });
}

/** The participants that a saga calls. */
export function participantsOf({ steps }: SagaDefinition): string[] {
  return steps.flatMap(({ action, compensation }) => [
    action.mapping.operation.participant,
    ...(compensation ? [compensation.mapping.operation.participant] : []),
  ]);
}

/** The step it waits for. */
export function waitsFor(
  { steps }: SagaDefinition,
  { state }: SagaTransaction,
): string | undefined {
  const [pending] = state.pending;
  return pending && steps[pending.step]?.name;
}
