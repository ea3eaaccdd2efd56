import type { TransactionId } from '@skald/core';
import { coordinatorMigrations } from '@skald/migrations';
import { anUpdate, sortedIds } from '@skald/testing';
import { DataSource } from 'typeorm';
import { testDatabase, type TestDatabase } from '../../../test/setup/database.js';
import { withClient } from '../../../tools/postgres/index.mjs';
import { coordinatorDataSource, migrateCoordinator } from './data-source.js';
import { PostgresStore } from './postgres-store.js';
import { PostgresViews } from './views/postgres-views.js';

let database: TestDatabase;

beforeEach(async () => {
  database = await testDatabase({ migrate: (url) => migrateUntil(url, 5) });
});
afterEach(() => database.drop());

/** Brings an empty database to the schema that the first `count` migrations make. */
async function migrateUntil(url: string, count: number): Promise<void> {
  const { options } = coordinatorDataSource(url);
  const migrations = coordinatorMigrations.slice(0, count);
  const dataSource = await new DataSource({ ...options, migrations }).initialize();
  try {
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await dataSource.destroy();
  }
}

const LONG_AGO = `now() - interval '100 days'`;

/** Three starts by one flush, in an order of its own; the first began long ago and moved since. */
async function fill(url: string, [old, second, first]: readonly TransactionId[]): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(`insert into coordinator (name) values ('before')`);
    for (const [id, version, startedAt] of [
      [old, 2, LONG_AGO],
      [second, 1, 'now()'],
      [first, 1, 'now()'],
    ] as const) {
      await client.query(
        `insert into transaction_start (id, protocol, definition, definition_version, definition_hash,
                                        started_at, deadline, request_hash, started_by)
         values ($1, 'saga', 'place-order', 1, 'a1b2', ${startedAt}, now(), 'c3d4', 'local')`,
        [id],
      );
      await client.query(
        `insert into transaction (id, version, seq, owner, writer, flush, updated_at, status, state)
         values ($1, $2::integer, $2::integer, 1, 1, $2::integer, now(), 'running', '{"s":"1.1","p":[]}')`,
        [id, version],
      );
    }
    const insert = (values: string, id: TransactionId | undefined) =>
      client.query(
        `insert into transaction_event (transaction_id, writer, seq, version, flush, ordinal, at, type,
                                        direction, carries_payload, status, data)
         values ($1, 1, ${values}, true, 'running', '{"input":{}}')`,
        [id],
      );
    await insert(`1, 1, 1, 3, ${LONG_AGO}, 'started', null`, old);
    await insert(`1, 1, 1, 2, now(), 'started', null`, second);
    await insert(`1, 1, 1, 1, now(), 'started', null`, first);
    await insert(`2, 2, 2, 1, now(), 'reply-received', 'action'`, old);
  });
}

it('an upgrade keeps transactions, their history, and the order of the change stream', async () => {
  const [old, second, first] = sortedIds(3) as [TransactionId, TransactionId, TransactionId];
  await fill(database.url, [old, second, first]);
  await migrateCoordinator(database.url);
  const store = new PostgresStore({ url: database.url });
  const views = new PostgresViews({ url: database.url });
  try {
    const stored = await store.load([old, second]);
    expect(stored.map(({ row, owner }) => [row.version, owner])).toEqual([
      [2, 1],
      [1, 1],
    ]);
    expect(stored[0]?.started).toMatchObject({
      definition: { hash: 'a1b2' },
      requestHash: 'c3d4',
    });
    expect(stored[0]?.history.map(({ type, direction }) => [type, direction])).toEqual([
      ['started', null],
      ['reply-received', 'action'],
    ]);
    const { changes } = await views.changes({}, 10);
    expect(changes.map(({ id, version }) => [id, version])).toEqual([
      [first, 1],
      [second, 1],
      [old, 1],
      [old, 2],
    ]);
    expect((await views.changes({ 1: [1, 2] }, 10)).changes).toHaveLength(2);
    expect(await store.readBack(1, 2)).toMatchObject({ updated: new Set([old]) });
    const flush = { writer: 1, flush: 3, starts: [], updates: [anUpdate(old, 2)] };
    expect((await store.commit(flush)).updated).toEqual(new Set([old]));
  } finally {
    await Promise.all([store.close(), views.close()]);
  }
});
