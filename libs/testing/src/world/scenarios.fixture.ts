import fc from 'fast-check';
import type { Shape } from './definition.js';
import { Violation } from './ledger.js';
import type { Parts } from './parts.js';
import { World, type Move, type Nature, type Setting } from './world.js';

// Only specs use this file: fast-check is a tool of development, and the package does not export it.

export interface Scenario {
  readonly setting: Setting;
  readonly moves: readonly Move[];
}

const by = fc.nat(1);
const pick = fc.nat(5);
const dieAt = fc.option(fc.nat(7), { nil: undefined, freq: 3 });
const failAt = fc.option(fc.nat(3), { nil: undefined, freq: 6 });

const shape: fc.Arbitrary<Shape> = fc.record({
  compensatable: fc.nat(2),
  pivot: fc.boolean(),
  retriable: fc.nat(1),
});

const isNotEmpty = ({ shape: { compensatable, pivot, retriable } }: Setting) =>
  compensatable + retriable + Number(pivot) > 0;

function settings(nature: fc.Arbitrary<Nature>, shapes = shape): fc.Arbitrary<Setting> {
  const units = shapes === shape ? 4 : 5;
  const natures = fc.array(nature, { minLength: units, maxLength: units });
  return fc.record({ shape: shapes, actions: natures, compensations: natures }).filter(isNotEmpty);
}

/** With an atomic step: in place of the pivot, or one that can be undone. */
const mixedShape: fc.Arbitrary<Shape> = fc
  .record({ compensatable: fc.nat(1), pivot: fc.boolean(), retriable: fc.nat(1) })
  .map((plain) => ({ ...plain, atomic: plain.pivot ? 'compensatable' : 'pivot' }));

const troubled = fc.record({
  fails: fc.constantFrom(0, 0, 0, 1, 3, 4),
  refuses: fc.constantFrom(0, 0, 0, 1, 9),
});

function record<T extends Move['type']>(type: T) {
  return fc.record({ type: fc.constant(type), by, dieAt, failAt });
}

/** Loss, repetition, reordering, spurious time-outs, deaths at every port call, two coordinators. */
const chaos: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ type: fc.constantFrom('deliver', 'repeat'), pick, by, dieAt, failAt }),
  },
  { weight: 4, arbitrary: record('wake') },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('lose'), pick }) },
  { weight: 2, arbitrary: record('retry') },
  { weight: 1, arbitrary: record('cancel') },
  { weight: 1, arbitrary: record('deadline') },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('die'), by }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('deploy'), works: fc.boolean() }) },
);

/** As above, and participants of branches ask for the decision. */
const asking: fc.Arbitrary<Move> = fc.oneof(
  { weight: 8, arbitrary: chaos },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ type: fc.constant('ask' as const), isLate: fc.boolean() },
      ...{ pick, by, dieAt, failAt },
    }),
  },
);

/** Any history of a saga with an atomic step under faults. */
export const mixedChaotic: fc.Arbitrary<Scenario> = fc.record({
  setting: settings(troubled, mixedShape),
  moves: fc.array(asking, { maxLength: 50, size: 'max' }),
});

/** Any history of a saga under faults. */
export const chaotic: fc.Arbitrary<Scenario> = fc.record({
  setting: settings(troubled),
  moves: fc.array(chaos, { maxLength: 40, size: 'max' }),
});

const calm: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ type: fc.constantFrom('deliver', 'repeat'), pick, by, failAt }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('cancel', 'deadline'), by }) },
);

/** Nothing is lost, nobody dies and no timer fires: what is stuck here has forgotten something. */
export const lossless: fc.Arbitrary<Scenario> = fc.record({
  setting: settings(fc.record({ fails: fc.constant(0), refuses: fc.constantFrom(0, 0, 1) })),
  moves: fc.array(calm, { maxLength: 20, size: 'max' }),
});

/** As `lossless`, with an atomic step. */
export const mixedLossless: fc.Arbitrary<Scenario> = fc.record({
  setting: settings(
    fc.record({ fails: fc.constant(0), refuses: fc.constantFrom(0, 0, 1) }),
    mixedShape,
  ),
  moves: fc.array(calm, { maxLength: 25, size: 'max' }),
});

/** Plays faults, ends them, and judges. @throws Violation */
export function playChaotic({ setting, moves }: Scenario, parts?: Parts): void {
  const world = new World(setting, parts);
  for (const move of moves) world.play(move);
  world.heal();
}

/** Plays without loss and timers: when everything has arrived, the saga has ended or parked. @throws Violation */
export function playLossless({ setting, moves }: Scenario, parts?: Parts): void {
  const world = new World(setting, parts);
  for (const move of moves) world.play(move);
  world.drain();
  if (!world.isSettled) throw new Violation(`nothing is stuck without loss: ${world.status}`);
}
