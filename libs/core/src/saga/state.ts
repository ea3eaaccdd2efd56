import type { Direction, Transaction } from '../transaction.js';
import type { Failure, Parked, StepError } from '../trouble.js';
import {
  decodeGroup,
  directionOf,
  encodeGroup,
  type EncodedGroup,
  type GroupState,
} from '../two-phase/group-state.js';

export const STEP_STATES = [
  'pending',
  'running',
  'succeeded',
  'rejected',
  'unknown',
  'compensating',
  'compensated',
  'skipped',
] as const;

export type StepStatus = (typeof STEP_STATES)[number];

/** Where one step stands, and how many attempts of each direction were asked. */
export interface StepState {
  readonly status: StepStatus;
  readonly actionAttempts: number;
  readonly compensationAttempts: number;
}

/** A command whose answer the saga waits for. The set of these is the outbox: what is unsent can be derived. */
export interface PendingCommand {
  /** Index of the step. */
  readonly step: number;
  readonly direction: Direction;
  /** The attempt under way, or the one that leaves at `resendAt`; 1-based. */
  readonly attempt: number;
  /** The attempt the present budget of attempts began with: an operator's retry starts a new one. */
  readonly firstAttempt: number;
  /** When to ask again, ms since the epoch. */
  readonly resendAt: number;
  /** Why the last attempt failed. */
  readonly lastError: StepError | null;
  /** Index of the branch of an atomic step that it compensates; null for what concerns a whole step. */
  readonly branch: number | null;
}

/** What is known of an atomic step that has begun. */
export interface AtomicState {
  /** Index of the step. */
  readonly step: number;
  readonly group: GroupState;
}

export interface SagaState {
  readonly steps: readonly StepState[];
  /** Not those of an atomic step under way: they are derived from its group. */
  readonly pending: readonly PendingCommand[];
  readonly groups: readonly AtomicState[];
  readonly failure: Failure | null;
  readonly parked: Parked | null;
}

export type SagaTransaction = Transaction<SagaState>;

/** The state as the hot row keeps it: compact JSON, below 2 kB whatever the payloads. */
export function encodeState({ steps, pending, groups, failure, parked }: SagaState): string {
  let text = '{"s":"';
  for (let index = 0; index < steps.length; index++) {
    text += (index > 0 ? ' ' : '') + encodeStep(steps[index] as StepState);
  }
  text += '","p":[';
  for (let index = 0; index < pending.length; index++) {
    text += (index > 0 ? ',' : '') + encodePending(pending[index] as PendingCommand);
  }
  if (groups.length > 0) text += encodeGroups(groups, steps, pending.length > 0);
  else text += ']';
  if (failure) text += `,"f":${JSON.stringify(failure)}`;
  if (parked) text += `,"k":${JSON.stringify(parked)}`;
  return `${text}}`;
}

/**
 * The end of what it waits for, with what an atomic step under way waits for, as views look for it: step,
 * branch and direction. Then the groups, and as in two-phase transactions the time of a decision that not
 * all have acknowledged (`d`), and whether a branch is in doubt (`i`).
 */
function encodeGroups(
  groups: readonly AtomicState[],
  steps: readonly StepState[],
  isWaiting: boolean,
): string {
  const encoded = groups.map(({ step, group }) => [step, encodeGroup(group)]);
  const end = `],"g":${JSON.stringify(encoded)}`;
  const active = groups.find(({ step }) => steps[step]?.status === 'running');
  if (!active) return end;
  const awaited = encodeAwaited(active);
  return (isWaiting && awaited !== '' ? ',' : '') + awaited + end + encodeDoubt(active.group);
}

function encodeAwaited({ step, group }: AtomicState): string {
  const direction = directionOf(group);
  return group.branches
    .flatMap(({ resendAt }, branch) =>
      resendAt === null || direction === undefined ? [] : `["${step}.${branch}","${direction}"]`,
    )
    .join();
}

function encodeDoubt(group: GroupState): string {
  if (directionOf(group) === undefined) return '';
  const decided = group.decidedAt === null ? '' : `,"d":${group.decidedAt}`;
  return group.branches.some(({ isInDoubt }) => isInDoubt) ? `${decided},"i":1` : decided;
}

/** By hand, as this is written in every transition: numbers and words need no escaping. */
function encodePending(command: PendingCommand): string {
  const { step, direction, attempt, firstAttempt, resendAt, lastError, branch } = command;
  const error = lastError ? JSON.stringify(lastError) : 'null';
  const end = branch === null ? ']' : `,${branch}]`;
  return `[${step},"${direction}",${attempt},${firstAttempt},${resendAt},${error}${end}`;
}

/** `status.actionAttempts.compensationAttempts`, zeros at the end left out. */
function encodeStep({ status, actionAttempts, compensationAttempts }: StepState): string {
  const code = STEP_STATES.indexOf(status);
  if (compensationAttempts > 0) return `${code}.${actionAttempts}.${compensationAttempts}`;
  return actionAttempts > 0 ? `${code}.${actionAttempts}` : `${code}`;
}

function decodeStep(text: string): StepState {
  const [status = 0, actionAttempts = 0, compensationAttempts = 0] = text.split('.').map(Number);
  return { status: STEP_STATES[status] ?? 'pending', actionAttempts, compensationAttempts };
}

type EncodedPending = readonly [
  step: number,
  direction: Direction,
  attempt: number,
  firstAttempt: number,
  resendAt: number,
  lastError: StepError | null,
  branch?: number,
];

interface EncodedState {
  readonly s: string;
  readonly p: readonly (EncodedPending | readonly [branch: string, direction: Direction])[];
  readonly g?: readonly (readonly [step: number, group: EncodedGroup])[];
  readonly f?: Failure;
  readonly k?: Parked;
}

/** Inverse of `encodeState`. */
export function decodeState(text: string): SagaState {
  const { s, p, g, f, k } = JSON.parse(text) as EncodedState;
  return {
    steps: s.split(' ').map(decodeStep),
    pending: p.flatMap((command) => (isBranchs(command) ? [] : decodePending(command))),
    groups: g?.map(([step, group]) => ({ step, group: decodeGroup(group) })) ?? [],
    failure: f ?? null,
    parked: k ?? null,
  };
}

/** What an atomic step waits for stands in its group. */
function isBranchs(command: EncodedState['p'][number]): command is readonly [string, Direction] {
  return typeof command[0] === 'string';
}

function decodePending(command: EncodedPending): PendingCommand {
  const [step, direction, attempt, firstAttempt, resendAt, lastError, branch = null] = command;
  return { step, direction, attempt, firstAttempt, resendAt, lastError, branch };
}
