import type { Resource, Work } from '../world/two-phase/branch.js';

/** How one branch may behave: everything listed is tried. */
export interface BranchSetting {
  readonly resource: Resource;
  readonly works: readonly Exclude<Work, 'fails'>[];
}

/** What is explored: how large, and how often each kind of fault may happen on one way. */
export interface ExplorerSetting {
  readonly branches: readonly BranchSetting[];
  readonly maxRounds: number;
  readonly maxAttempts: number;
  /** With two, deciding and storing are moves of their own, so that they race. */
  readonly coordinators: 1 | 2;
  readonly hasDeadline: boolean;
  /** AC4: nothing here is a reason to abort. */
  readonly mustCommit?: boolean;
  readonly budget: Budget;
}

/** Faults that may still happen. Loss, repetition and reordering are free. */
export interface Budget {
  /** Attempts that are given up as unanswered. */
  readonly timeouts: number;
  /** Handlers that fail, and commands that find another attempt at work. */
  readonly failures: number;
  /** Participants that die: at work, or between the two database transactions of an abort. */
  readonly deaths: number;
  /** Coordinators that die: what they wanted to store or to send is gone. */
  readonly coordinatorDeaths: number;
  readonly cancels: number;
}

export const NO_FAULTS: Budget = {
  timeouts: 0,
  failures: 0,
  deaths: 0,
  coordinatorDeaths: 0,
  cancels: 0,
};
