import { readFileSync } from 'node:fs';
import { DIRECTIONS, STATUSES, type EventType } from '@skald/core';
import { coordinatorMigrations } from '@skald/migrations';
import pg from 'pg';
import { testDatabase, type TestDatabase } from '../../../test/setup/database.js';
import { withClient } from '../../../tools/postgres/index.mjs';
import { dumpSchema } from '../../../tools/postgres/schema-dump.mjs';
import { coordinatorDataSource, migrateCoordinator } from './data-source.js';

const SCHEMA = new URL('../../../migrations/src/coordinator/schema.txt', import.meta.url);

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database.drop());

function query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
  return withClient(database.url, async (client) => (await client.query<Row>(text)).rows);
}

describe('migrateCoordinator', () => {
  it('makes the schema that is committed; `npm run schema` writes it anew', async () => {
    await migrateCoordinator(database.url);
    expect(await withClient(database.url, dumpSchema)).toBe(readFileSync(SCHEMA, 'utf8'));
  });

  it('may run in several processes at once, and again', async () => {
    await Promise.all([1, 2, 3].map(() => migrateCoordinator(database.url)));
    await migrateCoordinator(database.url);
    const done = await query<{ name: string }>('select name from skald_migration');
    expect(done.map(({ name }) => name)).toEqual(coordinatorMigrations.map(({ name }) => name));
  });

  it('is the DataSource whose migrations it runs', async () => {
    await migrateCoordinator(database.url);
    const dataSource = await coordinatorDataSource(database.url).initialize();
    try {
      expect(await dataSource.showMigrations()).toBe(false);
    } finally {
      await dataSource.destroy();
    }
  });
});

/** All there are: the compiler sees to it. */
const EVENT_TYPES = Object.keys({
  started: true,
  'reply-received': true,
  'vote-received': true,
  'decision-acknowledged': true,
  'timed-out': true,
  'deadline-passed': true,
  'cancel-requested': true,
  'retry-requested': true,
  'skip-requested': true,
  'resolve-requested': true,
  'park-requested': true,
} satisfies Record<EventType, true>);

it.each([
  ['event_type', EVENT_TYPES],
  ['event_status', STATUSES],
  ['event_direction', DIRECTIONS],
])('%s has the words of the core', async (name, words) => {
  await migrateCoordinator(database.url);
  const [row] = await query<{ labels: string[] }>(
    `select enum_range(null::${name})::text[] as labels`,
  );
  expect(new Set(row?.labels)).toEqual(new Set(words));
});

describe('partitions of the history', () => {
  const INSERT = `
    insert into transaction_event (transaction_id, seq, version, writer, flush, at,
                                   carries_payload, type, status, data)
    values (gen_random_uuid(), 1, 1, 1, 1, AT, false, 'started', 'running', '{}')
    returning tableoid::regclass::text as partition`;

  async function insertAt(at: string): Promise<string> {
    const [row] = await query<{ partition: string }>(INSERT.replace('AT', at));
    return row?.partition ?? '';
  }

  it('exist ahead of time, and anything else goes to the default one', async () => {
    await migrateCoordinator(database.url);
    expect(await insertAt('now()')).toMatch(/^transaction_event_\d{4}w\d{2}$/);
    expect(await insertAt(`now() + interval '13 days'`)).toMatch(/w\d{2}$/);
    expect(await insertAt(`now() + interval '90 days'`)).toBe('transaction_event_default');
    expect(await insertAt(`now() - interval '90 days'`)).toBe('transaction_event_default');
  });

  it('are made by several at once, and around a week whose rows lie in the default one', async () => {
    await migrateCoordinator(database.url);
    await insertAt(`now() + interval '28 days'`);
    await Promise.all([1, 2, 3].map(() => query('select create_event_partitions(6)')));
    await query('select create_event_partitions(6)');
    expect(await insertAt(`now() + interval '21 days'`)).toMatch(/w\d{2}$/);
    expect(await insertAt(`now() + interval '28 days'`)).toBe('transaction_event_default');
    expect(await insertAt(`now() + interval '35 days'`)).toMatch(/w\d{2}$/);
  });
});
