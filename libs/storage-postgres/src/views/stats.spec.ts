import { Durations, type StatisticsRow } from '@skald/engine';
import { testDatabase, type TestDatabase } from '../../../../test/setup/database.js';
import { withClient } from '../../../../tools/postgres/index.mjs';
import { migrateCoordinator } from '../data-source.js';
import { PostgresViews } from './postgres-views.js';

let database: TestDatabase;
let views: PostgresViews;

beforeEach(async () => {
  database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  views = new PostgresViews({ url: database.url });
});
afterEach(async () => {
  await views.close();
  await database.drop();
});

const MINUTE = 60_000;
const HOUR = 3_600_000;
const NOON = Math.floor(Date.now() / HOUR) * HOUR;

function aRow(row: Partial<StatisticsRow> & { took?: readonly number[] } = {}): StatisticsRow {
  const { took = [], ...rest } = row;
  const durations = new Durations();
  for (const ms of took) durations.record(ms);
  return {
    ...{ width: 'minute', at: NOON, definition: 'buy', started: 0, completed: took.length },
    ...{ compensated: 0, parked: 0, durations: durations.counts() },
    ...rest,
  };
}

const read = async (request: { bucketMs: number; definition?: string }) =>
  (await views.stats({ from: NOON, to: NOON + HOUR, ...request })).buckets;

test('rows of all instances are added, bucket by bucket', async () => {
  await views.recordStatistics(1, [
    aRow({ started: 3, took: [100, 200] }),
    aRow({ at: NOON + MINUTE, started: 1, parked: 1 }),
    aRow({ definition: 'sell', compensated: 2 }),
  ]);
  await views.recordStatistics(2, [aRow({ started: 2, took: [300, 400] })]);
  const buckets = await read({ bucketMs: MINUTE });
  expect(buckets.map(({ at, definition, started }) => [at, definition, started])).toEqual([
    [NOON, 'buy', 5],
    [NOON, 'sell', 0],
    [NOON + MINUTE, 'buy', 1],
  ]);
  expect(buckets[0]).toMatchObject({ completed: 4, compensated: 0, parked: 0 });
  const { p50Ms, p95Ms, p99Ms } = buckets[0] ?? {};
  expect(p50Ms).toBeGreaterThan(196);
  expect(p50Ms).toBeLessThan(204);
  expect(p99Ms).toBe(p95Ms);
  expect(p95Ms).toBeGreaterThan(392);
  expect(buckets[2]).toMatchObject({ p50Ms: null, p95Ms: null, p99Ms: null });

  expect(await read({ bucketMs: 2 * MINUTE, definition: 'buy' })).toMatchObject([
    { at: NOON, started: 6, completed: 4, parked: 1 },
  ]);
});

test('whole hours are read from rows of hours', async () => {
  await views.recordStatistics(1, [aRow({ started: 1 }), aRow({ width: 'hour', started: 60 })]);
  expect(await read({ bucketMs: HOUR })).toMatchObject([{ started: 60 }]);
  expect(await read({ bucketMs: 30 * MINUTE })).toMatchObject([{ started: 1 }]);
});

test('writing a row again replaces it', async () => {
  for (const started of [1, 2, 2]) await views.recordStatistics(1, [aRow({ started })]);
  expect(await read({ bucketMs: MINUTE })).toMatchObject([{ started: 2 }]);
});

test('rows past their retention go', async () => {
  const days = (n: number) => NOON - n * 24 * HOUR;
  await views.recordStatistics(1, [
    ...[7, 9].map((n) => aRow({ at: days(n) })),
    ...[399, 401].map((n) => aRow({ width: 'hour', at: days(n) })),
  ]);
  const kept = await withClient(database.url, async (client) => {
    const { rows } = await client.query<{ at: Date }>('select at from statistics order by at');
    return rows.map(({ at }) => at.getTime());
  });
  expect(kept).toEqual([days(399), days(7)]);
});
