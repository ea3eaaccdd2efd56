import type { TransactionId } from '@skald/core';
import { StoreError, type Flush, type FlushResult } from '@skald/engine';
import { aStart, anEntry, anId, anUpdate, flushesOf, sortedIds } from '@skald/testing';
import pg from 'pg';
import { testDatabase, type TestDatabase } from '../../../test/setup/database.js';
import { someoneWaitsForLock } from '../../../test/setup/locks.js';
import { migrateCoordinator } from './data-source.js';
import { PostgresStore } from './postgres-store.js';

let database: TestDatabase;
let stores: PostgresStore[];
let owners: number[];
let sql: pg.Client;

beforeEach(async () => {
  database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  stores = [0, 1].map(() => new PostgresStore({ url: database.url }));
  owners = await Promise.all(stores.map((store) => store.join('rival')));
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
});
afterEach(async () => {
  await Promise.all([...stores.map((store) => store.close()), sql.end()]);
  await database.drop();
});

/** All stores commit at once what `flushOf` makes for each. */
function together(flushOf: (owner: number) => Flush): Promise<FlushResult[]> {
  return Promise.all(stores.map((store, index) => store.commit(flushOf(owners[index] ?? 0))));
}

async function historyOf(id: TransactionId): Promise<{ writer: number; version: number }[]> {
  const { rows } = await sql.query<{ writer: number; version: number }>(
    'select writer, version from transaction_event where transaction_id = $1 order by seq',
    [id],
  );
  return rows;
}

describe('two stores over the same rows', () => {
  it('never deadlock over sorted batches; exactly one wins each row and writes its history', async () => {
    const ids = sortedIds(150);
    const [store] = stores as [PostgresStore];
    await store.commit({ ...flushesOf(owners[0] ?? 0)({ starts: ids.map((id) => aStart(id)) }) });
    const winners = new Map<string, number[]>(ids.map((id) => [id, [owners[0] ?? 0]]));
    for (let version = 1; version <= 12; version++) {
      // Different, overlapping parts: each waits for rows that the other has.
      const [low, high] = [ids.slice(0, 100), ids.slice(50)];
      const results = await together((owner) => ({
        ...{ writer: owner, flush: version + 1, starts: [] },
        updates: (owner === owners[0] ? low : high).map((id) => anUpdate(id, version)),
      }));
      for (const id of ids) {
        const won = owners.filter((_, index) => results[index]?.updated.has(id));
        expect(won).toHaveLength(1);
        winners.get(id)?.push(won[0] ?? 0);
      }
    }
    for (const id of ids) {
      expect((await historyOf(id)).map(({ writer }) => writer)).toEqual(winners.get(id));
    }
  });

  it('start each id once, with the history of the winner alone', async () => {
    const ids = sortedIds(100);
    const results = await together((owner) =>
      flushesOf(owner)({ starts: ids.map((id) => aStart(id)) }),
    );
    for (const id of ids) {
      const won = owners.filter((_, index) => results[index]?.started.has(id));
      expect(won).toHaveLength(1);
      expect((await historyOf(id)).map(({ writer }) => writer)).toEqual(won);
    }
  });
});

describe('claims', () => {
  it('pass over rows that somebody else holds, without waiting for them', async () => {
    const [store] = stores as [PostgresStore];
    const [owner = 0, other = 0] = owners;
    const [due, dueHeld, dead, deadHeld] = sortedIds(4) as [never, never, never, never];
    const asleep = [due, dueHeld].map((id) => ({
      ...{ id, version: 1 },
      sleep: { waitingFor: 'payment', until: 0 },
    }));
    await store.commit(flushesOf(owner)({ starts: [aStart(due), aStart(dueHeld)] }));
    await store.commit(flushesOf(other)({ starts: [aStart(dead), aStart(deadHeld)] }));
    await store.release(asleep);
    await sql.query('begin');
    await sql.query('select from transaction where id = any($1) for update', [[dueHeld, deadHeld]]);
    const claimed = [
      ...(await store.claimDue({ owner, limit: 9 })),
      ...(await store.claimDead({ owner, limit: 9, dead: [other] })),
    ];
    expect(claimed.map(({ started }) => started.id)).toEqual([due, dead]);
    await sql.query('commit');
  });
});

describe('one bad row among 200', () => {
  const NUL = [anEntry({ data: '{"reply":"\0"}' })];

  it.each([
    ['a NUL in a reply', (id: TransactionId) => aStart(id, { history: NUL })],
    [
      'a NUL in a label',
      (id: TransactionId) =>
        aStart(id, { started: { ...aStart(id).started, labels: { shop: '\0' } } }),
    ],
    [
      'a version beyond its column',
      (id: TransactionId) => aStart(id, { row: { ...aStart(id).row, version: 2 ** 31 } }),
    ],
    [
      'an id that is none',
      (id: TransactionId) =>
        aStart(id, { started: { ...aStart(id).started, id: `${id.slice(0, 35)}x` as never } }),
    ],
  ])('%s is refused as data, and nothing of the flush is written', async (_, bad) => {
    const [store] = stores as [PostgresStore];
    const ids = sortedIds(200);
    const starts = ids.map((id, index) => (index === 77 ? bad(id) : aStart(id)));
    const flush = flushesOf(owners[0] ?? 0);
    const refused = store.commit(flush({ starts }));
    await expect(refused).rejects.toMatchObject({ name: 'StoreError', kind: 'data' });
    expect(await store.load(ids)).toEqual([]);
    const { started } = await store.commit(flush({ starts: starts.filter((_, n) => n !== 77) }));
    expect(started.size).toBe(199);
  });
});

describe('trouble that passes', () => {
  it('a deadlock is a conflict: nothing was written, the same again succeeds', async () => {
    const [store] = stores as [PostgresStore];
    const [a, b] = sortedIds(2) as [never, never];
    const flush = flushesOf(owners[0] ?? 0);
    await store.commit(flush({ starts: [aStart(a), aStart(b)] }));
    await sql.query('set deadlock_timeout = 60000');
    await sql.query('begin');
    await sql.query('select from transaction where id = $1 for update', [b]);
    const updates = [anUpdate(a, 1), anUpdate(b, 1)];
    const failed = store.commit(flush({ updates })).catch((error: unknown) => error);
    await someoneWaitsForLock(database.url);
    const blocked = sql.query('select from transaction where id = $1 for update', [a]);
    const error = await failed;
    await blocked;
    await sql.query('rollback');
    expect(error).toBeInstanceOf(StoreError);
    expect((error as StoreError).kind).toBe('conflict');
    expect((await store.commit(flush({ updates }))).updated.size).toBe(2);
  });

  it('an unsorted flush is a mistake of the caller', async () => {
    const [store] = stores as [PostgresStore];
    const starts = sortedIds(2)
      .reverse()
      .map((id) => aStart(id));
    const flush = flushesOf(owners[0] ?? 0);
    await expect(store.commit(flush({ starts }))).rejects.toThrow('sorted by id');
    const [id] = [anId()];
    const twice = [anUpdate(id, 1), anUpdate(id, 2)];
    await expect(store.commit(flush({ updates: twice }))).rejects.toThrow('sorted by id');
  });
});
