import { toHistory } from '@skald/core';
import fc from 'fast-check';
import { explore } from '../../explorer/explore.js';
import { SETTINGS } from '../../explorer/settings.fixture.js';
import {
  SHIPPED_EXPLORER_PARTS,
  TwoPhaseSystem,
  type ExplorerParts,
} from '../../explorer/two-phase-system.js';
import type { TwoPhaseMachine } from '../machine.js';
import { Nursery, type Mutant } from '../plant.fixture.js';
import { EXPLORER_MUTANTS, TWO_PHASE_MUTANTS } from './mutants.fixture.js';
import {
  chaotic,
  lossless,
  meddled,
  playChaotic,
  playLossless,
  playMeddled,
  type TwoPhaseScenario,
} from './scenarios.fixture.js';

const SEED = 20_261_125;
const KILLED = /^(Violation|TypeError|InvariantError)/;

let nursery: Nursery;

beforeAll(() => {
  nursery = new Nursery();
});

afterAll(() => {
  nursery.clear();
});

async function partsWith(mutant: Mutant): Promise<ExplorerParts> {
  const module = await nursery.load(mutant);
  if (!mutant.file.startsWith('core/')) {
    return { ...SHIPPED_EXPLORER_PARTS, ...(module as Partial<ExplorerParts>) };
  }
  const { twoPhaseMachine } = module as {
    readonly twoPhaseMachine: Omit<TwoPhaseMachine, 'toHistory'>;
  };
  return { ...SHIPPED_EXPLORER_PARTS, machine: { ...twoPhaseMachine, toHistory } };
}

/** Why the world's suites kill these parts, or undefined when they live. */
function killedByWorld(parts: ExplorerParts): string | undefined {
  const suites: readonly [fc.Arbitrary<TwoPhaseScenario>, typeof playChaotic, number][] = [
    [lossless, playLossless, 200],
    [meddled, playMeddled, 200],
    [chaotic, playChaotic, 1_000],
  ];
  for (const [scenarios, play, numRuns] of suites) {
    const holds = fc.property(scenarios, (scenario) => {
      play(scenario, parts);
    });
    const { failed, errorInstance } = fc.check(holds, { seed: SEED, numRuns, endOnFailure: true });
    if (failed) return String(errorInstance);
  }
  return undefined;
}

/** The same for the explorer, which visits everything until it finds something. */
function killedByExplorer(parts: ExplorerParts): string | undefined {
  for (const setting of Object.values(SETTINGS)) {
    try {
      explore(new TwoPhaseSystem(setting, parts));
    } catch (error) {
      return String(error);
    }
  }
  return undefined;
}

test.each(TWO_PHASE_MUTANTS)(
  'a planted bug is found by the world: $name',
  async (mutant) => {
    expect(killedByWorld(await partsWith(mutant))).toMatch(KILLED);
  },
  120_000,
);

test.each([...TWO_PHASE_MUTANTS, ...EXPLORER_MUTANTS].filter((one) => !one.isBeyondExplorer))(
  'a planted bug is found by the explorer: $name',
  async (mutant) => {
    expect(killedByExplorer(await partsWith(mutant))).toMatch(KILLED);
  },
  120_000,
);
