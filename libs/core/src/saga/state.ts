import type { Direction, Transaction } from '../transaction.js';
import type { Failure, Parked, StepError } from '../trouble.js';

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
}

export interface SagaState {
  readonly steps: readonly StepState[];
  readonly pending: readonly PendingCommand[];
  readonly failure: Failure | null;
  readonly parked: Parked | null;
}

export type SagaTransaction = Transaction<SagaState>;

/** The state as the hot row keeps it: compact JSON, below 2 kB whatever the payloads. */
export function encodeState({ steps, pending, failure, parked }: SagaState): string {
  let text = '{"s":"';
  for (let index = 0; index < steps.length; index++) {
    text += (index > 0 ? ' ' : '') + encodeStep(steps[index] as StepState);
  }
  text += '","p":[';
  for (let index = 0; index < pending.length; index++) {
    text += (index > 0 ? ',' : '') + encodePending(pending[index] as PendingCommand);
  }
  text += ']';
  if (failure) text += `,"f":${JSON.stringify(failure)}`;
  if (parked) text += `,"k":${JSON.stringify(parked)}`;
  return `${text}}`;
}

/** By hand, as this is written in every transition: numbers and words need no escaping. */
function encodePending(command: PendingCommand): string {
  const { step, direction, attempt, firstAttempt, resendAt, lastError } = command;
  const error = lastError ? JSON.stringify(lastError) : 'null';
  return `[${step},"${direction}",${attempt},${firstAttempt},${resendAt},${error}]`;
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

interface EncodedState {
  readonly s: string;
  readonly p: readonly (readonly [number, Direction, number, number, number, StepError | null])[];
  readonly f?: Failure;
  readonly k?: Parked;
}

/** Inverse of `encodeState`. */
export function decodeState(text: string): SagaState {
  const { s, p, f, k } = JSON.parse(text) as EncodedState;
  return {
    steps: s.split(' ').map(decodeStep),
    pending: p.map(([step, direction, attempt, firstAttempt, resendAt, lastError]) => ({
      step,
      direction,
      attempt,
      firstAttempt,
      resendAt,
      lastError,
    })),
    failure: f ?? null,
    parked: k ?? null,
  };
}
