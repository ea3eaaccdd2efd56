import fc from 'fast-check';
import type { SagaMachine } from './machine.js';
import { MIXED_MUTANTS, MUTANTS } from './mutants.fixture.js';
import { SHIPPED_PARTS, type Parts } from './parts.js';
import { Nursery, type Mutant } from './plant.fixture.js';
import {
  chaotic,
  lossless,
  mixedChaotic,
  mixedLossless,
  playChaotic,
  playLossless,
  type Scenario,
} from './scenarios.fixture.js';

const SEED = 20_261_123;

let nursery: Nursery;

beforeAll(() => {
  nursery = new Nursery();
});

afterAll(() => {
  nursery.clear();
});

async function partsWith(mutant: Mutant): Promise<Parts> {
  const module = await nursery.load(mutant);
  if (mutant.file.startsWith('core/')) {
    return { ...SHIPPED_PARTS, machine: module as SagaMachine };
  }
  return { ...SHIPPED_PARTS, ...(module as Partial<Parts>) };
}

type Suites = readonly [fc.Arbitrary<Scenario>, typeof playChaotic, number][];

const PLAIN: Suites = [
  [lossless, playLossless, 400],
  [chaotic, playChaotic, 1_000],
];
const MIXED: Suites = [
  [mixedLossless, playLossless, 200],
  [mixedChaotic, playChaotic, 1_000],
];

/** Why the suites kill these parts, or undefined when they live. */
function killerOf(parts: Parts, suites: Suites): string | undefined {
  for (const [scenarios, play, numRuns] of suites) {
    const holds = fc.property(scenarios, (scenario) => {
      play(scenario, parts);
    });
    const { failed, errorInstance } = fc.check(holds, { seed: SEED, numRuns, endOnFailure: true });
    if (failed) return String(errorInstance);
  }
  return undefined;
}

test('the suites find nothing in what is shipped', () => {
  expect(killerOf(SHIPPED_PARTS, PLAIN)).toBeUndefined();
}, 120_000);

test.each(MUTANTS)(
  'a planted bug is found: $name',
  async (mutant) => {
    const killer = killerOf(await partsWith(mutant), PLAIN);

    expect(killer).toMatch(/^(Violation|TypeError|InvariantError)/);
  },
  120_000,
);

test.each(MIXED_MUTANTS)(
  'a bug planted in atomic steps is found: $name',
  async (mutant) => {
    const killer = killerOf(await partsWith(mutant), MIXED);

    expect(killer).toMatch(/^(Violation|TypeError|InvariantError)/);
  },
  120_000,
);

test('a mutant whose text is gone fails loudly', async () => {
  const gone = { name: '', file: 'core/src/retry.ts', find: 'no such text', replace: '' };

  await expect(partsWith(gone)).rejects.toThrow('found 0 times');
});
