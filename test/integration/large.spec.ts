import { migrateCoordinator, PostgresViews } from '@skald/storage-postgres';
import { Client } from 'pg';
import { seed } from '../../bench/seed/seed.mjs';
import { withClient } from '../../tools/postgres/index.mjs';
import { testDatabase, type TestDatabase } from '../setup/database.js';

// What `node bench/seed/run.mjs` measures at five million, at a size that a test can wait for: here it
// is plans that count, not times.
const TRANSACTIONS = 25_000;

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  await seed(database.url, { transactions: TRANSACTIONS, replies: 1 });
  // Small tables are read from end to end by choice; this leaves only those that have no other way.
  await withClient(database.url, async (client: Client) => {
    const { rows } = await client.query<{ name: string }>('select current_database() as name');
    await client.query(`alter database ${rows[0]?.name ?? ''} set enable_seqscan = off`);
  });
}, 120_000);
afterAll(() => database.drop());

/** How often each big table was read from end to end, once the sessions that did it have ended. */
function scans(): Promise<Record<string, number>> {
  return withClient(database.url, async (client: Client) => {
    const { rows } = await client.query<{ name: string; scans: number }>(`
      select relname as name, seq_scan::int as scans from pg_stat_user_tables
       where relname in ('transaction', 'transaction_start') or relname like 'transaction_event%'
       order by relname`);
    return Object.fromEntries(rows.map(({ name, scans }) => [name, scans]));
  });
}

/** How many rows of transactions were fetched so far, once the sessions that did it have ended. */
function fetched(): Promise<number> {
  return withClient(database.url, async (client: Client) => {
    const { rows } = await client.query<{ rows: number }>(`
      select sum(idx_tup_fetch)::int as rows from pg_stat_user_tables
       where relname in ('transaction', 'transaction_start')`);
    return rows[0]?.rows ?? Number.NaN;
  });
}

async function using<T>(work: (views: PostgresViews) => Promise<T>): Promise<T> {
  const views = new PostgresViews({ url: database.url });
  try {
    return await work(views);
  } finally {
    await views.close();
  }
}

const page = { limit: 50 };

test.each<[string, (views: PostgresViews) => Promise<unknown>]>([
  ['the first page', (views) => views.list({}, page)],
  [
    'a later page',
    async (views) => {
      const { nextCursor } = await views.list({}, page);
      return views.list({}, { ...page, cursor: nextCursor ?? '' });
    },
  ],
  ['status and definition', (v) => v.list({ statuses: ['parked'], definition: 'rare' }, page)],
  ['ended ones', (v) => v.list({ statuses: ['completed'], definition: 'refund' }, page)],
  ['a label', (views) => views.list({ labels: { shop: 's10' } }, page)],
  ['counts', (views) => views.counts({})],
  ['counts under a filter', (views) => views.counts({ definition: 'refund' })],
  ['counts under a label', (views) => views.counts({ labels: { shop: 's10' } })],
  ['what needs attention', (views) => views.attention(page)],
  ['statistics', (views) => views.stats({ from: 0, to: Date.now(), bucketMs: 3_600_000 })],
  ['the oldest open one', (views) => views.oldestOpen()],
  ['open ones by definition', (views) => views.runningByDefinition()],
  ['the scope of a batch', (v) => v.batches.inScope({ filter: { statuses: ['parked'] } }, 1_000)],
  [
    'one transaction and its history',
    async (views) => {
      const { items } = await views.list({}, { limit: 1 });
      const [id] = items.map(({ started }) => started.id);
      return id && Promise.all([views.find(id), views.history(id, 0, 200)]);
    },
  ],
])('%s reads no big table from end to end', async (_what, ask) => {
  const before = await scans();
  expect(await using(ask)).toBeDefined();
  expect(await scans()).toEqual(before);
});

test('what is counted beyond the bound is estimated, near the truth, and said to be', async () => {
  const { counts, isEstimated } = await using((views) => views.counts({}));
  expect(isEstimated).toBe(true);
  expect(counts).toMatchObject({ parked: 75, running: 50 });
  const { completed = 0, compensated = 0 } = counts;
  expect(Math.abs(completed / (TRANSACTIONS * 0.98) - 1)).toBeLessThan(0.1);
  expect(Math.abs(compensated / (TRANSACTIONS * 0.015) - 1)).toBeLessThan(0.2);
  const exact = await using((views) => views.counts({ definition: 'rare' }));
  expect(exact).toMatchObject({ isEstimated: false, counts: { completed: 1_225 } });
});

test('counts under a label read unfinished ones and those with the label, each of them once', async () => {
  const unfinished = TRANSACTIONS * 0.005;
  const labelled = TRANSACTIONS / 50;
  const before = await fetched();
  const counted = await using((views) => views.counts({ labels: { shop: 's10' } }));
  expect(counted).toEqual({ counts: { completed: labelled }, isEstimated: false });
  // In both tables; the planner, too, looks at a few.
  const expected = 2 * (unfinished + labelled);
  expect((await fetched()) - before).toBeLessThan(1.1 * expected);
});
