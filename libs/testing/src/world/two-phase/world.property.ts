import { test } from '@fast-check/jest';
import {
  chaotic,
  lossless,
  meddled,
  playChaotic,
  playLossless,
  playMeddled,
} from './scenarios.fixture.js';

// A failure prints its seed and path: give both to test.prop's options to play it again.

test.prop([chaotic], { numRuns: 1_000 })(
  'AC1 to AC3, AC5 and T1 to T13 hold under loss, repetition, reordering, time-outs, death at every port call',
  (scenario) => {
    playChaotic(scenario);
  },
  120_000,
);

test.prop([lossless], { numRuns: 1_000 })(
  'AC4 and AC5: nothing is stuck where nothing is lost, without any timer, and without a no it commits',
  (scenario) => {
    playLossless(scenario);
  },
  120_000,
);

test.prop([meddled], { numRuns: 1_000 })(
  'T12: what a human or a backup did against the decision is never told as a success',
  (scenario) => {
    playMeddled(scenario);
  },
  120_000,
);
