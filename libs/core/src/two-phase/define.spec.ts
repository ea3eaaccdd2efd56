/* eslint-disable @typescript-eslint/no-unsafe-return,
   @typescript-eslint/no-unsafe-assignment -- what does not compile has no type */
import { z } from 'zod';
import { participant } from '../contract/participant.js';
import { describe as describeDefinition, identityOf } from '../definition.js';
import { twoPhase } from './define.js';

const Ref = z.object({ id: z.string() });
const Total = z.object({ cents: z.number() });
const bank = participant('bank', {
  settle: { request: Ref, reply: Total },
  hold: { request: Ref, reply: Total, reservationTtlMs: 90_000 },
  charge: { request: Ref, reply: Total, rest: { method: 'POST', path: '/charges' } },
});
const input = z.object({ order: z.string() });
const begin = (more: object = {}) => twoPhase('x', { version: 1, input, ...more });
const map = ({ input: { order } }: { input: { order: string } }) => ({ id: order });

test('a definition is data; times and policies are filled in', () => {
  const built = begin()
    .branch('ledger', bank.settle, map)
    .branch('held', bank.hold, map, { timeoutMs: 5_000, retry: { maxAttempts: 1 } })
    .output(({ replies }) => replies.ledger.cents + replies.held.cents)
    .build();
  expect(built).toMatchObject({ protocol: 'two-phase', deadlineMs: 30_000, maxRounds: 3 });
  expect(describeDefinition(built)).toMatchObject({
    branches: [
      { name: 'ledger', operation: 'bank.settle', timeoutMs: 10_000, maxAttempts: 3 },
      { name: 'held', operation: 'bank.hold', timeoutMs: 5_000, maxAttempts: 1 },
    ],
  });
  expect(identityOf({ ...built, deadlineMs: 1, maxRounds: 1 })).toBe(identityOf(built));
  expect(identityOf({ ...built, branches: [...built.branches].reverse() })).not.toBe(
    identityOf(built),
  );
});

test('a beginning may be shared', () => {
  const shared = begin().branch('a', bank.settle, map);
  const [one, two] = [shared.branch('b', bank.settle, map).build(), shared.build()];
  expect([one.branches.length, two.branches.length]).toEqual([2, 1]);
});

const branch = (name: string, operation = bank.settle) => begin().branch(name, operation, map);
const WRONG: [string, () => unknown, string][] = [
  [
    'a bad name',
    () => twoPhase('X', { version: 1, input }).branch('a', bank.settle, map).build(),
    'name',
  ],
  ['a bad version', () => begin({ version: 0 }).branch('a', bank.settle, map).build(), 'version 0'],
  ['a bad branch', () => branch('A').build(), 'branch A'],
  ['two of a name', () => branch('a').branch('a', bank.settle, map).build(), 'two branches'],
  ['a REST service', () => branch('a', bank.charge).build(), 'cannot prepare'],
  ['no time', () => begin({ deadlineMs: 0 }).branch('a', bank.settle, map).build(), 'deadlineMs 0'],
  [
    'no rounds',
    () =>
      begin({ retry: { maxRounds: 0 } })
        .branch('a', bank.settle, map)
        .build(),
    'maxRounds 0',
  ],
  [
    'no attempts',
    () =>
      begin({ retry: { maxAttempts: 0 } })
        .branch('a', bank.settle, map)
        .build(),
    'maxAttempts 0',
  ],
  [
    'a reservation that runs out before the decision may arrive',
    () => begin({ deadlineMs: 30_001 }).branch('a', bank.hold, map).build(),
    'bank.hold holds a reservation for 90000 ms',
  ],
];

test.each(WRONG)('%s is refused', (_, build, why) => {
  expect(build).toThrow(why);
});

test('more branches than there may be are refused', () => {
  let many = branch('b-0');
  for (let index = 1; index < 13; index++) many = many.branch(`b-${index}`, bank.settle, map);
  expect(() => many.build()).toThrow('13 branches; expected 1 to 12');
});

test('a reservation that holds for no time is refused', () => {
  const hold = { request: Ref, reply: Total, reservationTtlMs: 0 };
  expect(() => participant('bank', { hold })).toThrow('bank.hold: reservationTtlMs');
});

test('the compiler knows what fits', () => {
  // @ts-expect-error There is nothing to commit.
  expect(() => begin().build()).toThrow();

  // @ts-expect-error A mapping gives what the operation takes.
  begin().branch('a', bank.settle, () => ({ cents: 1 }));

  // @ts-expect-error The input has no such field.
  begin().branch('a', bank.settle, ({ input: { other } }) => ({ id: other }));

  // @ts-expect-error There is no such branch.
  branch('a').output(({ replies }) => replies.b);

  // @ts-expect-error Its reply has no such field.
  branch('a').output(({ replies }) => replies.a.euros);
});
