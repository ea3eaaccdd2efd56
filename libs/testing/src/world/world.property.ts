import { test } from '@fast-check/jest';
import {
  chaotic,
  lossless,
  mixedChaotic,
  mixedLossless,
  playChaotic,
  playLossless,
} from './scenarios.fixture.js';

// A failure prints its seed and path: give both to test.prop's options to play it again.

test.prop([chaotic], { numRuns: 1_000 })(
  'S1 to S10 and B1 to B3 hold under loss, repetition, reordering, time-outs and death at every port call',
  (scenario) => {
    playChaotic(scenario);
  },
  120_000,
);

test.prop([lossless], { numRuns: 1_000 })(
  'S9: nothing is stuck where nothing is lost, without any timer',
  (scenario) => {
    playLossless(scenario);
  },
  120_000,
);

test.prop([mixedChaotic], { numRuns: 400 })(
  'S1 to S13 hold of sagas with an atomic step under the same faults, while participants ask',
  (scenario) => {
    playChaotic(scenario);
  },
  120_000,
);

test.prop([mixedLossless], { numRuns: 200 })(
  'S9: no atomic step is stuck where nothing is lost, without any timer',
  (scenario) => {
    playLossless(scenario);
  },
  120_000,
);
