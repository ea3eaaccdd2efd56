import type { Direction, Status, Transaction } from '../transaction.js';
import type { Failure, Parked } from '../trouble.js';
import {
  decodeGroup,
  directionOf,
  encodeGroup,
  type EncodedGroup,
  type GroupState,
} from './group-state.js';

/** Where a two-phase transaction stands. */
export interface TwoPhaseState {
  readonly group: GroupState;
  /** Why it is aborted. */
  readonly failure: Failure | null;
  readonly parked: Parked | null;
}

export type TwoPhaseTransaction = Transaction<TwoPhaseState>;

/** The status of a transaction that is this group. A round that is aborted to be tried again decides nothing. */
export function statusOf({ phase, mayTryAgain }: GroupState): Status {
  return phase === 'aborting' && mayTryAgain ? 'preparing' : phase;
}

interface EncodedState {
  readonly g: EncodedGroup;
  /** What it waits for, as views look for it: index of the branch and direction. */
  readonly p: readonly (readonly [number, Direction])[];
  /** When it was decided, while not all have acknowledged. */
  readonly d?: number;
  /** Whether a branch is in doubt. */
  readonly i?: 1;
  readonly f?: Failure;
  readonly k?: TwoPhaseState['parked'];
}

/** The state as the hot row keeps it: compact JSON, below 2 kB whatever the payloads. */
export function encodeState({ group, failure, parked }: TwoPhaseState): string {
  const direction = directionOf(group);
  const encoded: EncodedState = {
    g: encodeGroup(group),
    p: group.branches.flatMap(({ resendAt }, index) =>
      resendAt === null || direction === undefined ? [] : [[index, direction] as const],
    ),
    ...(group.decidedAt !== null && direction !== undefined && { d: group.decidedAt }),
    ...(group.branches.some(({ isInDoubt }) => isInDoubt) && { i: 1 }),
    ...(failure && { f: failure }),
    ...(parked && { k: parked }),
  };
  return JSON.stringify(encoded);
}

/** Inverse of `encodeState`. */
export function decodeState(text: string): TwoPhaseState {
  const { g, f, k } = JSON.parse(text) as EncodedState;
  return { group: decodeGroup(g), failure: f ?? null, parked: k ?? null };
}
