import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fc from 'fast-check';
import type { SagaMachine } from './machine.js';
import { MUTANTS, type Mutant } from './mutants.fixture.js';
import {
  chaotic,
  lossless,
  playChaotic,
  playLossless,
  type Scenario,
} from './scenarios.fixture.js';
import { SHIPPED_PARTS, type Parts } from './parts.js';

const LIBS = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const SEED = 20_261_123;

let folder: string;

beforeAll(() => {
  const cache = join(LIBS, '..', '.cache'); // Inside the tree, so that the tree's transform applies.
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'mutants-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Copies the package of the mutant's file with the bug in it. @throws Error when the text to replace is gone. */
function plant({ file, find, replace }: Mutant, into: string): void {
  const source = readFileSync(join(LIBS, file), 'utf8');
  const found = source.split(find).length - 1;
  if (found !== 1) throw new Error(`${file}: expected once, found ${found} times: ${find}`);
  const [library = ''] = file.split('/');
  const part = library === 'core' ? 'core/src' : dirname(file);
  cpSync(join(LIBS, part), join(into, part), {
    recursive: true,
    filter: (path) => !/\.(spec|property|fixture)\.ts$/.test(path),
  });
  writeFileSync(
    join(into, file),
    source.replace(find, () => replace),
  );
}

async function partsWith(mutant: Mutant): Promise<Parts> {
  const into = mkdtempSync(join(folder, 'm-'));
  plant(mutant, into);
  const load = (file: string): Promise<unknown> => import(pathToFileURL(join(into, file)).href);
  if (mutant.file.startsWith('core/')) {
    return { ...SHIPPED_PARTS, machine: (await load('core/src/index.ts')) as SagaMachine };
  }
  return { ...SHIPPED_PARTS, ...((await load(mutant.file)) as Partial<Parts>) };
}

/** Why the suite kills these parts, or undefined when they live. */
function killerOf(parts: Parts): string | undefined {
  const suites: readonly [fc.Arbitrary<Scenario>, typeof playChaotic, number][] = [
    [lossless, playLossless, 400],
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

test('the suites find nothing in what is shipped', () => {
  expect(killerOf(SHIPPED_PARTS)).toBeUndefined();
}, 120_000);

test.each(MUTANTS)(
  'a planted bug is found: $name',
  async (mutant) => {
    const killer = killerOf(await partsWith(mutant));

    expect(killer).toMatch(/^(Violation|TypeError|InvariantError)/);
  },
  120_000,
);

test('a mutant whose text is gone fails loudly', async () => {
  const gone = { name: '', file: 'core/src/retry.ts', find: 'no such text', replace: '' };

  await expect(partsWith(gone)).rejects.toThrow('found 0 times');
});
