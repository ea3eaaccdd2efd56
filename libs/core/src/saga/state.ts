import type { Direction, ParkedReason, Status, Transaction } from '../transaction.js';

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

export interface StepError {
  readonly outcome: 'rejected' | 'failed';
  readonly reason: string;
}

/** Why a saga turned back, as its caller learns it. */
export interface Failure {
  /** The step that caused it; null for a cancel or the deadline. */
  readonly step: string | null;
  readonly participant: string | null;
  readonly operation: string | null;
  readonly outcome: 'rejected' | 'failed' | 'cancelled' | 'deadline-passed';
  readonly reason: string;
  readonly detail: string | null;
}

export interface Parked {
  readonly reason: ParkedReason;
  readonly from: Status;
  readonly at: number;
  readonly detail: string | null;
}

export interface SagaState {
  readonly steps: readonly StepState[];
  readonly pending: readonly PendingCommand[];
  readonly failure: Failure | null;
  readonly parked: Parked | null;
}

export type SagaTransaction = Transaction<SagaState>;

export const MAX_REASON_CHARS = 100;
export const MAX_DETAIL_CHARS = 300;

/** The state as the hot row keeps it: compact JSON, far below 2 kB whatever the payloads. */
export function encodeState({ steps, pending, failure, parked }: SagaState): string {
  return JSON.stringify({
    s: steps.map((step) => [
      STEP_STATES.indexOf(step.status),
      step.actionAttempts,
      step.compensationAttempts,
    ]),
    p: pending.map((c) => [
      c.step,
      c.direction,
      c.attempt,
      c.firstAttempt,
      c.resendAt,
      c.lastError,
    ]),
    ...(failure && { f: failure }),
    ...(parked && { k: parked }),
  });
}

interface EncodedState {
  readonly s: readonly (readonly [number, number, number])[];
  readonly p: readonly (readonly [number, Direction, number, number, number, StepError | null])[];
  readonly f?: Failure;
  readonly k?: Parked;
}

/** Inverse of `encodeState`. */
export function decodeState(text: string): SagaState {
  const { s, p, f, k } = JSON.parse(text) as EncodedState;
  return {
    steps: s.map(([status, actionAttempts, compensationAttempts]) => ({
      status: STEP_STATES[status] ?? 'pending',
      actionAttempts,
      compensationAttempts,
    })),
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
