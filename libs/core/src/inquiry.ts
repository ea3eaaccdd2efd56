/** What a participant is told that asks for the decision over something it prepared. */
export interface Inquiry {
  /** `unknown` is never abort: nothing is known of what was asked about. */
  readonly decision: 'commit' | 'abort' | 'undecided' | 'unknown';
  /** While undecided: from then on (ms since the epoch) it is aborted when somebody asks. Infinity: never. */
  readonly abortFrom: number;
}

export const UNKNOWN: Inquiry = { decision: 'unknown', abortFrom: Infinity };
