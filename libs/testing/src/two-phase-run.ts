import { decisionOf, isTwoPhase, type Decision, type TwoPhaseDefinition } from '@skald/core';
import { Run, type RunOptions } from './run.js';

/**
 * Plays a two-phase transaction without a database or a broker: the test is every participant, and reads
 * like the story.
 *
 * @throws Error when the definition's schema refuses `input`.
 */
export function runTwoPhase<Input>(
  definition: TwoPhaseDefinition<Input>,
  input: NoInfer<Input>,
  options: RunOptions = {},
): TwoPhaseRun {
  return new TwoPhaseRun(definition, input, options);
}

/** A two-phase transaction under way. */
export class TwoPhaseRun extends Run {
  /** What was decided, and is told to the branches; null until then. */
  get decision(): Decision | null {
    return isTwoPhase(this.transaction) ? decisionOf(this.transaction.state.group) : null;
  }

  /** Which round it is in, from 1. */
  get round(): number {
    return isTwoPhase(this.transaction) ? this.transaction.state.group.round : 0;
  }

  /** Takes a human's word for what a branch did. */
  resolve(branch: string, heuristic: Decision, reason = 'resolved in a test'): this {
    return this.feed({
      type: 'resolve-requested',
      ...this.requested(reason),
      ...{ branch, heuristic },
    });
  }
}
