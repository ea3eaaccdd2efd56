import {
  decisionOfRound,
  mayBeAborted,
  parseStepName,
  type Decision,
  type TwoPhaseTransaction,
} from '@skald/core';

/** What inquiring needs of a coordinator. */
export interface Inquired {
  load(): TwoPhaseTransaction;
  /** Decides `deadline-passed` on the latest row. */
  giveUp(at: number): void;
}

/**
 * What a participant is told that holds `step` and asks: the decision of its round. An undecided round past
 * its deadline is aborted first, in the row, and only then said to be (HAZARDS H34).
 */
export function inquire(asked: Inquired, step: string, at: number): Decision | 'undecided' {
  const round = parseStepName(step)?.round ?? 0;
  const { group } = asked.load().state;
  const known = decisionOfRound(group, round);
  if (known !== null) return known;
  if (at < group.deadline || !mayBeAborted(group)) return 'undecided';
  asked.giveUp(at);
  return decisionOfRound(asked.load().state.group, round) ?? 'undecided';
}
