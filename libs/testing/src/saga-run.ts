import type { SagaDefinition } from '@skald/core';
import { Run, type RunOptions } from './run.js';

/**
 * Plays a saga without a database or a broker: the test is every participant, and reads like the story.
 *
 * @throws Error when the definition's schema refuses `input`.
 */
export function runSaga<Input>(
  definition: SagaDefinition<Input>,
  input: NoInfer<Input>,
  options: RunOptions = {},
): SagaRun {
  return new SagaRun(definition, input, options);
}

/** A saga under way. */
export class SagaRun extends Run {
  /** Leaves out what it is parked on, optionally with a reply in its place. */
  skip(reply?: unknown, reason = 'skipped in a test'): this {
    const given = reply === undefined ? {} : { reply };
    return this.feed({ type: 'skip-requested', ...this.requested(reason), ...given });
  }

  /** Takes a human's word for the outcome of what it is parked on. */
  resolve(outcome: 'succeeded' | 'rejected', reply?: unknown, reason = 'resolved in a test'): this {
    const given = reply === undefined ? {} : { reply };
    return this.feed({ type: 'resolve-requested', outcome, ...this.requested(reason), ...given });
  }
}
