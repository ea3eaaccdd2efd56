import { UNKNOWN, type Inquiry } from '../inquiry.js';
import type { StepCommand } from '../mapped-command.js';
import type { Direction } from '../transaction.js';

/** One participant's part of a two-phase transaction, or of an atomic group within a saga. */
export interface BranchDefinition {
  readonly name: string;
  /** `retry.maxAttempts` bounds the prepares of one round; decisions are delivered without a bound. */
  readonly command: StepCommand;
}

export interface GroupDefinition {
  readonly branches: readonly BranchDefinition[];
  /** How often it may be tried as a whole, from 1. */
  readonly maxRounds: number;
}

export const VOTES = ['commit', 'abort', 'read-only'] as const;
/** What a branch answered to prepare. */
export type BranchVote = (typeof VOTES)[number];

export type Decision = 'commit' | 'abort';

export const HEURISTICS = ['commit', 'abort', 'hazard'] as const;
/** What a branch did by itself, or that nobody knows what it did (`hazard`). */
export type Heuristic = (typeof HEURISTICS)[number];

export const STOPS = ['heuristic-mixed', 'in-doubt', 'barrier-expired'] as const;
/** Why telling a branch the decision ended without its acknowledgement: a parked reason, worst first. */
export type Stop = (typeof STOPS)[number];

/** Where one branch stands in the present round. */
export interface BranchState {
  readonly vote: BranchVote | null;
  /** Whether it acknowledged the decision. One that voted abort or read-only is not told of it. */
  readonly isAcknowledged: boolean;
  readonly heuristic: Heuristic | null;
  readonly stop: Stop | null;
  /** It was told the decision, or asked for its own, many times in vain. It is told all the same. */
  readonly isInDoubt: boolean;
  /** The attempt under way, or the one that leaves at `resendAt`; 1-based, of the present direction. */
  readonly attempt: number;
  /** When to ask again, ms since the epoch; null when nothing is asked of it. */
  readonly resendAt: number | null;
  /** Why it voted abort, or why its last attempt failed. */
  readonly reason: string | null;
}

export type GroupPhase = 'preparing' | 'committing' | 'aborting' | 'committed' | 'aborted';

/** A set of branches that commit or abort together. */
export interface GroupState {
  readonly phase: GroupPhase;
  /** The present cycle of prepare, decide and deliver, from 1. */
  readonly round: number;
  /** There is one branch and it decides: recorded before it is asked. */
  readonly isDelegated: boolean;
  /** The round is aborted for trouble that may pass: another follows once every abort is acknowledged. */
  readonly mayTryAgain: boolean;
  /** When the decision of this round was fixed, ms since the epoch. */
  readonly decidedAt: number | null;
  /** From then on nothing is waited for: silence is no yes. Ms since the epoch. */
  readonly deadline: number;
  readonly branches: readonly BranchState[];
}

/** How much of a branch's reason the state keeps. */
export const MAX_BRANCH_REASON_CHARS = 32;

/** A branch of which nothing is known yet. */
export const FRESH: BranchState = {
  vote: null,
  isAcknowledged: false,
  heuristic: null,
  stop: null,
  isInDoubt: false,
  attempt: 1,
  resendAt: null,
  reason: null,
};

/** What the branches are asked in the present phase; undefined when nothing is. */
export function directionOf({ phase, isDelegated }: GroupState): Direction | undefined {
  switch (phase) {
    case 'preparing':
      return isDelegated ? 'action' : 'prepare';
    case 'committing':
      return 'commit';
    case 'aborting':
      return 'abort';
    case 'committed':
    case 'aborted':
      return undefined;
  }
}

/** The decision of the whole group. A round that is aborted to be tried again decides nothing yet. */
export function decisionOf({ phase, mayTryAgain }: GroupState): Decision | null {
  if (phase === 'committing' || phase === 'committed') return 'commit';
  const isAborted = phase === 'aborted' || (phase === 'aborting' && !mayTryAgain);
  return isAborted ? 'abort' : null;
}

/** The decision of one round, which never changes once it is not null. */
export function decisionOfRound(group: GroupState, round: number): Decision | null {
  if (round < group.round) return 'abort'; // Another round follows only an aborted one.
  if (round > group.round || group.phase === 'preparing') return null;
  return group.phase === 'committing' || group.phase === 'committed' ? 'commit' : 'abort';
}

/** What one of its branches is told of `round`; `mayAbort` says whether the group may be moved at all now. */
export function inquireGroup(group: GroupState, round: number, mayAbort: boolean): Inquiry {
  if (round > group.round && directionOf(group) === undefined) return UNKNOWN;
  const decision = decisionOfRound(group, round) ?? 'undecided';
  const isOpen = mayAbort && decision === 'undecided' && mayBeAborted(group);
  return { decision, abortFrom: isOpen ? group.deadline : Infinity };
}

/** Whether it can still be aborted: nobody was told to commit, nor to decide by itself. */
export function mayBeAborted(group: GroupState): boolean {
  return decisionOf(group) === null && !group.isDelegated;
}

/** What the branches did by themselves, seen together; null when none did anything. */
export function heuristicOf(group: GroupState): Heuristic | 'mixed' | null {
  const decision = decisionOf(group);
  const seen = group.branches.flatMap(({ heuristic }) => heuristic ?? []);
  if (seen.some((one) => one !== 'hazard' && one !== decision && decision !== null)) return 'mixed';
  return seen.includes('hazard') ? 'hazard' : (seen[0] ?? null);
}

/** Why it has to be parked: the worst that a branch answered, once all others are told. */
export function stopOf({ branches }: GroupState): Stop | undefined {
  if (branches.some(({ resendAt }) => resendAt !== null)) return undefined;
  return STOPS.find((stop) => branches.some((branch) => branch.stop === stop));
}

/** A group as the hot row keeps it: small, as numbers. */
export type EncodedGroup = readonly [
  phase: number,
  round: number,
  flags: number,
  deadline: number,
  decidedAt: number | null,
  branches: readonly EncodedBranch[],
];

type EncodedBranch = readonly [
  code: number,
  attempt: number,
  resendAt?: number | null,
  reason?: string | null,
];

const PHASES = ['preparing', 'committing', 'aborting', 'committed', 'aborted'] as const;

export function encodeGroup(group: GroupState): EncodedGroup {
  const { phase, round, isDelegated, mayTryAgain, deadline, decidedAt, branches } = group;
  const flags = Number(isDelegated) + 2 * Number(mayTryAgain);
  const encoded = branches.map(encodeBranch);
  return [PHASES.indexOf(phase), round, flags, deadline, decidedAt, encoded];
}

/** Inverse of `encodeGroup`. */
export function decodeGroup(encoded: EncodedGroup): GroupState {
  const [phase, round, flags, deadline, decidedAt, branches] = encoded;
  return {
    phase: PHASES[phase] ?? 'preparing',
    round,
    isDelegated: (flags & 1) > 0,
    mayTryAgain: (flags & 2) > 0,
    decidedAt,
    deadline,
    branches: branches.map(decodeBranch),
  };
}

/** Two bits for the vote, one for the acknowledgement, two for the heuristic, two for the stop, one for the doubt. */
function encodeBranch(branch: BranchState): EncodedBranch {
  const { vote, isAcknowledged, heuristic, stop, isInDoubt, attempt, resendAt, reason } = branch;
  const code =
    positionIn(VOTES, vote) |
    (Number(isAcknowledged) << 2) |
    (positionIn(HEURISTICS, heuristic) << 3) |
    (positionIn(STOPS, stop) << 5) |
    (Number(isInDoubt) << 7);
  if (reason !== null) return [code, attempt, resendAt, reason];
  return resendAt === null ? [code, attempt] : [code, attempt, resendAt];
}

function decodeBranch([code, attempt, resendAt = null, reason = null]: EncodedBranch): BranchState {
  return {
    vote: VOTES[(code & 3) - 1] ?? null,
    isAcknowledged: (code & 4) > 0,
    heuristic: HEURISTICS[((code >> 3) & 3) - 1] ?? null,
    stop: STOPS[((code >> 5) & 3) - 1] ?? null,
    isInDoubt: (code & 128) > 0,
    attempt,
    resendAt,
    reason,
  };
}

/** From 1; 0 for null. */
function positionIn<Word>(words: readonly Word[], word: Word | null): number {
  return word === null ? 0 : words.indexOf(word) + 1;
}
