import { z } from 'zod';
import { participant } from '../contract/participant.js';
import { DefinitionError } from '../errors.js';
import type { SagaDefinition } from './define.js';
import { saga } from './define.js';

const Any = z.object({});
const shop = participant('shop', {
  hold: { request: Any, reply: Any },
  short: { request: Any, reply: Any, reservationTtlMs: 60_000 },
  plain: { request: Any, reply: Any, rest: { method: 'POST', path: '/x' } },
});
const map = () => ({});
const undo = { compensation: [shop.hold, map] } as const;
const action = [shop.hold, map] as const;
const begin = () => saga('x', { version: 1, input: Any });

/** Without the compiler's help, as JavaScript sees it. */
interface Loose {
  atomically(name: string, branches: (group: LooseGroup) => unknown, options?: object): Loose;
  pivot(name: string, step: object): Loose;
  build(): SagaDefinition;
}
interface LooseGroup {
  branch(name: string, operation: unknown, map: () => object, options?: object): LooseGroup;
}
const loose = () => begin() as unknown as Loose;
const two = (group: LooseGroup, options = {}) =>
  group.branch('b', shop.hold, map, options).branch('c', shop.hold, map, options);

test('branches get the defaults of two-phase transactions, their compensations those of sagas', () => {
  const [step] = begin()
    .atomically('take', (group) =>
      group
        .branch('b', shop.hold, map, { ...undo, timeoutMs: 5_000 })
        .branch('c', shop.hold, map, { ...undo, compensationRetry: { maxAttempts: 4 } }),
    )
    .build().steps;
  const backoff = { initialMs: 200, factor: 2, capMs: 5_000 };
  expect(step).toMatchObject({
    ...{ name: 'take', kind: 'compensatable' },
    group: {
      ...{ deadlineMs: 30_000, maxRounds: 3 },
      branches: [
        {
          command: { timeoutMs: 5_000, retry: { maxAttempts: 3, ...backoff } },
          compensation: { timeoutMs: 5_000, retry: { maxAttempts: 50, ...backoff } },
        },
        { compensation: { timeoutMs: 10_000, retry: { maxAttempts: 4 } } },
      ],
    },
  });
});

const BAD: Record<string, readonly [() => unknown, string]> = {
  'no branches': [
    () => loose().atomically('take', (group) => group),
    'step take: 0 branches; what one participant does alone is a plain step',
  ],
  'one branch': [
    () => loose().atomically('take', (group) => group.branch('b', shop.hold, map)),
    '1 branches; what one',
  ],
  'a compensation that only some branches have': [
    () => loose().atomically('take', (group) => two(group).branch('d', shop.hold, map, undo)),
    'all or none',
  ],
  'a branch that is called as a step': [
    () =>
      loose()
        .atomically('take', (group) => two(group, undo))
        .pivot('c', { action }),
    'two steps are named c',
  ],
  'a branch that is called as its own step': [
    () => loose().atomically('b', two),
    'two steps are named b',
  ],
  'a branch of a bad name': [
    () => loose().atomically('take', (group) => two(group).branch('D', shop.hold, map)),
    'branch D does not match',
  ],
  'two pivots': [
    () => loose().atomically('take', two).pivot('d', { action }),
    'then at most one pivot',
  ],
  'more than 12 branches in all': [
    () =>
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].reduce(
        (saga, step) =>
          saga.atomically(`step-${step}`, (group) =>
            group
              .branch(`${step}-1`, shop.hold, map, undo)
              .branch(`${step}-2`, shop.hold, map, undo),
          ),
        loose(),
      ),
    '14 branches in all; expected at most 12',
  ],
  'a deadline that is none': [
    () => loose().atomically('take', two, { deadlineMs: 0 }),
    'step take: deadlineMs 0',
  ],
  'no rounds': [() => loose().atomically('take', two, { retry: { maxRounds: 0 } }), 'maxRounds 0'],
  'a reservation that may run out first': [
    () => loose().atomically('take', (group) => two(group).branch('d', shop.short, map)),
    'holds a reservation for 60000 ms',
  ],
  'a plain REST service': [
    () => loose().atomically('take', (group) => two(group).branch('d', shop.plain, map)),
    'a plain REST service cannot prepare',
  ],
  'a compensation that cannot be timed': [
    () => loose().atomically('take', (group) => two(group, { ...undo, compensationTimeoutMs: -1 })),
    'branch b: timeoutMs -1',
  ],
};

test.each(Object.entries(BAD))('an atomic step is refused for %s', (_name, [build, why]) => {
  const built = () => (build() as Loose).build();
  expect(built).toThrow(DefinitionError);
  expect(built).toThrow(why);
});
