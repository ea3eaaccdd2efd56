import fc from 'fast-check';
import { Violation } from '../ledger.js';
import type { BranchNature } from './participants.js';
import type { TwoPhaseParts } from './parts.js';
import { TwoPhaseWorld, type TwoPhaseMove, type TwoPhaseSetting } from './world.js';

// Only specs use this file: fast-check is a tool of development, and the package does not export it.

export interface TwoPhaseScenario {
  readonly setting: TwoPhaseSetting;
  readonly moves: readonly TwoPhaseMove[];
}

const by = fc.nat(1);
const pick = fc.nat(7);
const dieAt = fc.option(fc.nat(7), { nil: undefined, freq: 3 });
const failAt = fc.option(fc.nat(3), { nil: undefined, freq: 6 });

function settings(
  nature: fc.Arbitrary<Pick<BranchNature, 'fails' | 'refuses'>>,
  isPatient: boolean,
): fc.Arbitrary<TwoPhaseSetting> {
  const resource = fc.constantFrom('prepared' as const, 'reserved' as const);
  const isReadOnly = fc.constantFrom(false, false, false, true);
  const branch = fc
    .tuple(nature, resource, isReadOnly)
    .map(([natures, kind, reads]) => ({ ...natures, resource: kind, isReadOnly: reads }));
  return fc.record({
    branches: fc.array(branch, { minLength: 1, maxLength: 3, size: 'max' }),
    maxRounds: fc.constantFrom(1, 2, 3),
    maxAttempts: fc.constantFrom(1, 2, 3),
    isPatient: fc.constant(isPatient),
  });
}

const troubled = fc.record({
  fails: fc.constantFrom(0, 0, 0, 1, 2, 4),
  refuses: fc.constantFrom(0, 0, 0, 0, 1, 9),
});

function record<T extends TwoPhaseMove['type']>(type: T) {
  return fc.record({ type: fc.constant(type), by, dieAt, failAt });
}

function picking<T extends TwoPhaseMove['type']>(...types: T[]) {
  return fc.record({ type: fc.constantFrom(...types), pick, by, dieAt, failAt });
}

/** Loss, repetition, reordering, spurious time-outs, deaths at every port call, two coordinators. */
const chaos: fc.Arbitrary<TwoPhaseMove> = fc.oneof(
  { weight: 14, arbitrary: picking('deliver', 'repeat') },
  { weight: 8, arbitrary: picking('conclude') },
  { weight: 4, arbitrary: record('wake') },
  { weight: 2, arbitrary: picking('inquire') },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('lose', 'stranger'), pick }) },
  { weight: 1, arbitrary: record('retry') },
  { weight: 1, arbitrary: record('cancel') },
  { weight: 1, arbitrary: record('deadline') },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('die'), by }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('kill-participant'), pick }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('deploy'), works: fc.boolean() }) },
);

/** Any history of a two-phase transaction under faults. */
export const chaotic: fc.Arbitrary<TwoPhaseScenario> = fc.record({
  setting: settings(troubled, false),
  moves: fc.array(chaos, { maxLength: 50, size: 'max' }),
});

const calm = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      type: fc.constantFrom('deliver', 'repeat', 'conclude'),
      pick,
      by,
      failAt,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('cancel', 'deadline'), by }) },
) as fc.Arbitrary<TwoPhaseMove>;

/** Nothing is lost, nobody dies and no timer fires: what is stuck here has forgotten something. */
export const lossless: fc.Arbitrary<TwoPhaseScenario> = fc.record({
  setting: settings(
    fc.record({ fails: fc.constant(0), refuses: fc.constantFrom(0, 0, 0, 1) }),
    true,
  ),
  moves: fc.array(calm, { maxLength: 25, size: 'max' }),
});

const decision = fc.constantFrom('commit', 'abort');

const meddling = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constantFrom('deliver', 'repeat', 'conclude'), pick, by }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('by-hand'), pick, decision }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('forget'), pick }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('wake', 'deadline'), by }) },
) as fc.Arbitrary<TwoPhaseMove>;

/** Humans finish branches by hand, and participants come back from backups. */
export const meddled: fc.Arbitrary<TwoPhaseScenario> = fc.record({
  setting: settings(
    fc.record({ fails: fc.constant(0), refuses: fc.constantFrom(0, 0, 0, 1) }),
    true,
  ),
  moves: fc.array(meddling, { maxLength: 25, size: 'max' }),
});

/** @throws Violation */
export function playMeddled({ setting, moves }: TwoPhaseScenario, parts?: TwoPhaseParts): void {
  const world = new TwoPhaseWorld(setting, parts);
  for (const move of moves) world.play(move);
  world.reckon();
}

/** Plays faults, ends them, and judges. @throws Violation */
export function playChaotic({ setting, moves }: TwoPhaseScenario, parts?: TwoPhaseParts): void {
  const world = new TwoPhaseWorld(setting, parts);
  for (const move of moves) world.play(move);
  world.heal();
}

/** Plays without loss and timers: when everything has arrived, the transaction has ended. @throws Violation */
export function playLossless({ setting, moves }: TwoPhaseScenario, parts?: TwoPhaseParts): void {
  const world = new TwoPhaseWorld(setting, parts);
  for (const move of moves) world.play(move);
  world.participants.concludeAll();
  world.drain();
  if (!world.isSettled) throw new Violation(`nothing is stuck without loss: ${world.status}`);
  const isSpoilt =
    setting.branches.some(({ refuses }) => refuses > 0) ||
    moves.some(({ type }) => type === 'cancel' || type === 'deadline');
  if (!isSpoilt && world.status !== 'committed') {
    throw new Violation(`AC4: no failure and no no, so it commits: ${world.status}`);
  }
}
