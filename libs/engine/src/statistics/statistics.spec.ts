import { fc, test as property } from '@fast-check/jest';
import type { AnyTransaction } from '@skald/core';
import { Durations } from './durations.js';
import { Statistics } from './statistics.js';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const NOON = 1_000 * HOUR;

function aTransaction(row: Partial<AnyTransaction> = {}): AnyTransaction {
  const definition = { name: 'buy', version: 1, hash: 'h' };
  return {
    definition,
    status: 'running',
    startedAt: NOON,
    updatedAt: NOON,
    ...row,
  } as AnyTransaction;
}

const started = (statistics: Statistics, transaction: AnyTransaction) =>
  statistics.committed(transaction, { wasOpen: true, isStart: true });
const settled = (statistics: Statistics, transaction: AnyTransaction) =>
  statistics.committed(transaction, { wasOpen: true, isStart: false });

test('it counts by minute and hour, each thing where it happened', () => {
  const statistics = new Statistics();
  const ended = { updatedAt: NOON + 2 * MINUTE };
  for (let n = 0; n < 4; n++) started(statistics, aTransaction());
  settled(statistics, aTransaction({ ...ended, status: 'completed' }));
  settled(statistics, aTransaction({ ...ended, status: 'compensated' }));
  settled(statistics, aTransaction({ ...ended, status: 'parked' }));
  const rows = statistics.taken(NOON);
  const counts = rows.map(({ width, at, definition: _, durations, ...rest }) => {
    const total = Object.values(durations).reduce((sum, n) => sum + n, 0);
    return [width, at - NOON, ...Object.values(rest), total];
  });
  expect(counts).toEqual([
    ['minute', 0, 4, 0, 0, 0, 0],
    ['hour', 0, 4, 1, 1, 1, 2],
    ['minute', 2 * MINUTE, 0, 1, 1, 1, 2],
  ]);
});

test('what changes nothing but the version counts nothing', () => {
  const statistics = new Statistics();
  const parked = aTransaction({ status: 'parked' });
  statistics.committed(parked, { wasOpen: false, isStart: false });
  settled(statistics, aTransaction());
  expect(statistics.taken(NOON)).toEqual([]);
  statistics.committed(parked, { wasOpen: false, isStart: true });
  expect(statistics.taken(NOON)).toMatchObject([{ started: 1, parked: 1 }, { started: 1 }]);
});

test('only what changed is written, whole; what could not be written comes again', () => {
  const statistics = new Statistics();
  started(statistics, aTransaction());
  const rows = statistics.taken(NOON);
  expect(statistics.taken(NOON)).toEqual([]);
  statistics.giveBack(rows);
  started(statistics, aTransaction());
  expect(statistics.taken(NOON).map(({ started }) => started)).toEqual([2, 2]);
});

test('what is over is forgotten, after a while', () => {
  const statistics = new Statistics();
  started(statistics, aTransaction());
  statistics.taken(NOON + 10 * MINUTE);
  started(statistics, aTransaction());
  // The minute begins anew: nobody is that late. The hour goes on.
  expect(statistics.taken(NOON).map(({ width, started }) => [width, started])).toEqual([
    ['hour', 2],
    ['minute', 1],
  ]);
});

const Took = fc.double({ min: 1, max: 1e8, noNaN: true });

property.prop([fc.array(Took, { minLength: 1, maxLength: 200 }), fc.constantFrom(0.5, 0.95, 0.99)])(
  'a percentile is right within 2 %, however the durations were spread over instances',
  (all, q) => {
    const parts = [new Durations(), new Durations(), new Durations()];
    all.forEach((ms, index) => parts[index % 3]?.record(ms));
    const merged = new Durations();
    for (const part of parts) merged.merge(part.counts());
    const sorted = [...all].sort((a, b) => a - b);
    const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? 0;
    const found = merged.quantile(q) ?? 0;
    expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * 0.02 + 0.051);
  },
);

test('nothing recorded, no percentile', () => {
  expect(new Durations().quantile(0.5)).toBeNull();
});
