import { invariant } from '../errors.js';
import { asTransactionId } from '../ids.js';
import { withOneMore } from '../lists.js';
import type { OutgoingCommand, PlannedCall, StartRequest } from '../outgoing.js';
import type { Direction, Produced, Transition } from '../transaction.js';
import { beginGroup } from '../two-phase/group.js';
import { callsOf, commandsOf } from '../two-phase/group-parts.js';
import { decisionOf, inquireGroup, mayBeAborted } from '../two-phase/group-state.js';
import { UNKNOWN, type Inquiry } from '../inquiry.js';
import { branchStepName, parseStepName } from '../wire/step-name.js';
import { activeIn, activeState } from './atomic.js';
import type { AtomicStep, PlainStep, SagaDefinition, StepDefinition } from './define.js';
import { commandOf, ownerOf, requestKey, stepNameOf } from './draft.js';
import { isPastReturn, stepInto } from './moves.js';
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
      groups: [],
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
): readonly OutgoingCommand[] {
  let commands: readonly OutgoingCommand[] = [];
  for (const pending of transaction.state.pending) {
    const command = outgoing(saga, transaction, pending);
    if (command) commands = withOneMore(commands, command);
  }
  const active = activeIn({ saga, transaction });
  if (!active) return commands;
  return [...commands, ...commandsOf(active.step.group, active.group, transaction)];
}

function outgoing(
  saga: SagaDefinition,
  transaction: SagaTransaction,
  pending: PendingCommand,
): OutgoingCommand | undefined {
  const owner = ownerOf(saga, pending);
  const command = commandOf(saga, pending);
  if (!owner || !command) return undefined;
  const { direction, attempt } = pending;
  const body = transaction.payloads.requests[requestKey(owner.name, direction)];
  if (body === undefined) return undefined;
  return {
    transaction: transaction.id,
    step: stepNameOf(saga, transaction.state, pending),
    direction,
    attempt,
    participant: command.mapping.operation.participant,
    operation: command.mapping.operation,
    body,
    isRefusable: direction === 'action' && saga.steps[pending.step]?.kind !== 'retriable',
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
  const order = saga.steps.map((step, index) => ({ step, index, state, isBack }));
  const planned = isBack ? order.reverse() : order;
  return planned.flatMap((on) => {
    const { step } = on;
    return step.group ? plannedOfAtomic(step, on) : plannedOfPlain(step, on);
  });
}

interface Planned {
  readonly index: number;
  readonly state: SagaState;
  readonly isBack: boolean;
}

function plannedOfPlain(step: PlainStep, on: Planned): PlannedCall[] {
  const direction = plannedDirection(step, on);
  const command = direction === 'compensation' ? step.compensation : step.action;
  if (!direction || !command) return [];
  const { participant, operation } = command.mapping.operation;
  return [{ step: step.name, direction, participant, operation }];
}

function plannedDirection(
  step: StepDefinition,
  { state, index, isBack }: Planned,
): Direction | undefined {
  const pending = state.pending.find((command) => command.step === index);
  if (pending) return pending.direction;
  const status = state.steps[index]?.status;
  if (!isBack) return status === 'pending' ? 'action' : undefined;
  return step.kind === 'compensatable' && (status === 'succeeded' || status === 'unknown')
    ? 'compensation'
    : undefined;
}

function plannedOfAtomic(step: AtomicStep, on: Planned): PlannedCall[] {
  const { state, index, isBack } = on;
  const status = state.steps[index]?.status;
  const group = state.groups.find((one) => one.step === index)?.group;
  if (status === 'pending' && !isBack) {
    return callsOf(step.group, beginGroup(step.group, { at: 0, deadline: 0 }));
  }
  if (!group) return [];
  const now = status === 'running' ? callsOf(step.group, group) : [];
  const isUndone = isBack && decisionOf(group) === 'commit' && status !== 'compensated';
  return isUndone ? [...now, ...undoCalls(step, on, group.round)] : now;
}

/** The compensations of branches that follow, last first. */
function undoCalls(step: AtomicStep, { state, index }: Planned, round: number): PlannedCall[] {
  const pending = state.pending.find((command) => command.step === index);
  const from = pending?.branch ?? Infinity;
  const group = state.groups.find((one) => one.step === index)?.group;
  return step.group.branches
    .flatMap(({ name, compensation }, branch): PlannedCall[] => {
      const isReadOnly = group?.branches[branch]?.vote === 'read-only';
      if (!compensation || isReadOnly || branch > from) return [];
      const { participant, operation } = compensation.mapping.operation;
      const call = { direction: 'compensation', participant, operation } as const;
      return [{ ...call, step: branchStepName(name, round) }];
    })
    .reverse();
}

/** When something has to happen next by itself, ms since the epoch. */
export function dueAt({ status, state, deadline }: SagaTransaction): number {
  let due = status === 'running' ? deadline : Infinity;
  for (const { resendAt } of state.pending) if (resendAt < due) due = resendAt;
  const group = activeState(state)?.group;
  if (!group) return due;
  if (mayBeAborted(group)) due = Math.min(due, group.deadline);
  for (const { resendAt } of group.branches) {
    if (resendAt !== null && resendAt < due) due = resendAt;
  }
  return due;
}

/** From when on a deadline would turn it back: its own, or before a group's decision that of the group. */
export function deadlineOf(saga: SagaDefinition, transaction: SagaTransaction): number {
  if (transaction.status === 'parked') return Infinity;
  const group = activeState(transaction.state)?.group;
  if (group && mayBeAborted(group)) return group.deadline;
  const isTurnable = transaction.status === 'running' && !isPastReturn({ saga, transaction });
  return isTurnable ? transaction.deadline : Infinity;
}

/** The participants that a saga calls. */
export function participantsOf({ steps }: SagaDefinition): string[] {
  return steps.flatMap(({ action, compensation, group }) => {
    const ofBranches = group?.branches.flatMap((branch) => [branch.command, branch.compensation]);
    return [action, compensation, ...(ofBranches ?? [])].flatMap(
      (command) => command?.mapping.operation.participant ?? [],
    );
  });
}

/** The step name of what it waits for first. */
export function waitsFor(saga: SagaDefinition, transaction: SagaTransaction): string | undefined {
  const { state } = transaction;
  const [pending] = state.pending;
  if (pending) return stepNameOf(saga, state, pending);
  const active = activeIn({ saga, transaction });
  if (!active) return undefined;
  const { step, group } = active;
  const open = group.branches.findIndex(({ resendAt, stop }) => resendAt !== null || stop !== null);
  const name = step.group.branches[open]?.name;
  return name === undefined ? undefined : branchStepName(name, group.round);
}

/** What a participant is told that asks for the decision over a branch of an atomic step. */
export function inquire(
  saga: SagaDefinition | undefined,
  { status, state }: SagaTransaction,
  text: string,
): Inquiry {
  const { branch, round } = parseStepName(text) ?? {};
  if (branch == null || round == null) return UNKNOWN;
  const asked = saga ? stepOfBranch(saga, branch) : onlyStep(state);
  const known = state.groups.find(({ step }) => step === asked);
  if (known) return inquireGroup(known.group, round, status !== 'parked');
  return saga || state.groups.length === 0 ? UNKNOWN : UNDECIDED;
}

function stepOfBranch({ steps }: SagaDefinition, branch: string): number {
  return steps.findIndex(({ group }) => group?.branches.some(({ name }) => name === branch));
}

/** Without its definition only a saga of one group tells which one is meant. */
function onlyStep({ groups }: SagaState): number | undefined {
  return groups.length === 1 ? groups[0]?.step : undefined;
}

/** Somebody who has the definition can tell. */
const UNDECIDED: Inquiry = { decision: 'undecided', abortFrom: Infinity };
