import { aStart, anEntry, anId, anUpdate, flushesOf } from '@skald/testing';
import type { RetentionTurn } from '@skald/engine';
import type { TransactionId } from '@skald/core';
import pg from 'pg';
import { testDatabase, type TestDatabase } from '../../../test/setup/database.js';
import { migrateCoordinator } from './data-source.js';
import { PostgresStore } from './postgres-store.js';
import { PostgresRetention } from './retention.js';

const DAY_MS = 86_400_000;

let database: TestDatabase;
let store: PostgresStore;
let retention: PostgresRetention;
let sql: pg.Client;
let flush: ReturnType<typeof flushesOf>;

beforeEach(async () => {
  database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  store = new PostgresStore({ url: database.url });
  retention = new PostgresRetention({ url: database.url });
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
  flush = flushesOf(await store.join('retention'));
});
afterEach(async () => {
  await Promise.all([store.close(), sql.end()]);
  await database.drop();
});

const daysAgo = (days: number) => Date.now() - days * DAY_MS;

/** A transaction that started and, if so, ended so long ago. */
async function past(started: number, ended?: number): Promise<TransactionId> {
  const id = anId();
  const at = daysAgo(started);
  const start = aStart(id);
  const history = [anEntry({ at })];
  const moved = { ...start, started: { ...start.started, startedAt: at }, history };
  await store.commit(flush({ starts: [moved] }));
  if (ended === undefined) return id;
  const row = { status: 'completed', endedAt: daysAgo(ended) } as const;
  await store.commit(
    flush({
      updates: [anUpdate(id, 1, { row, history: [anEntry({ seq: 2, at: daysAgo(ended) })] })],
    }),
  );
  return id;
}

async function inTurn<T>(work: (turn: RetentionTurn) => Promise<T>): Promise<T> {
  const turn = await retention.take();
  if (!turn) throw new Error('the turn is taken');
  try {
    return await work(turn);
  } finally {
    await turn.close();
  }
}

async function count(table: string): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `select count(*)::integer as count from ${table}`,
  );
  return rows[0]?.count ?? 0;
}

describe('forgetting transactions', () => {
  it('deletes those that started and ended long ago, with all that is theirs', async () => {
    const old = await past(100, 95);
    const kept = [await past(100, 80), await past(100), await past(10, 9)];
    const batch = await inTurn((turn) => turn.forget(90, null, 100));
    expect(batch).toEqual({ forgotten: 1, next: null });
    expect(await store.load([old])).toEqual([]);
    expect(await store.load(kept)).toHaveLength(3);
    expect(await count('transaction_start')).toBe(3);
    const { rows } = await sql.query('select 1 from transaction_event where transaction_id = $1', [
      old,
    ]);
    expect(rows).toEqual([]);
  });

  it('goes on where the batch before ended, whatever was left there', async () => {
    for (let n = 0; n < 7; n++) await past(200 - n, n % 2 === 0 ? 100 : undefined);
    const forgotten = await inTurn(async (turn) => {
      const batches = [];
      let after = null;
      do {
        const { forgotten: some, next } = await turn.forget(90, after, 3);
        batches.push(some);
        after = next;
      } while (after);
      return batches;
    });
    expect(forgotten).toEqual([2, 1, 1]);
    expect(await count('transaction')).toBe(3);
    expect(await count('tombstone')).toBe(4);
  });

  it('leaves a tombstone: the id starts nothing any more, until the tombstone goes', async () => {
    const old = await past(100, 95);
    await inTurn((turn) => turn.forget(90, null, 100));
    expect(await store.forgotten([old, anId()])).toEqual(
      new Map([[old, aStart(old).started.requestHash]]),
    );
    const again = await store.commit(flush({ starts: [aStart(old)] }));
    expect(again.started.size).toBe(0);
    expect(await count('transaction')).toBe(0);

    expect(await inTurn((turn) => turn.forgetTombstones(90, 10))).toBe(0);
    await sql.query(`update tombstone set forgotten_at = now() - interval '91 days'`);
    expect(await inTurn((turn) => turn.forgetTombstones(90, 10))).toBe(1);
    const anew = await store.commit(flush({ starts: [aStart(old)] }));
    expect(anew.started.size).toBe(1);
  });

  it('is the turn of one instance at a time', async () => {
    await inTurn(async () => {
      expect(await retention.take()).toBeUndefined();
    });
    await inTurn(() => Promise.resolve());
  });
});

it('forgets flushes as old as the transactions, so far as the limit goes', async () => {
  for (const days of [100, 95, 91, 89]) await past(days);
  const forgotten = await inTurn(async (turn) => [
    await turn.forgetFlushes(90, 2),
    await turn.forgetFlushes(90, 2),
    await turn.forgetFlushes(90, 2),
  ]);
  expect(forgotten).toEqual([2, 1, 0]);
  expect(await count('transaction_flush')).toBe(1);
});

describe('dropping history', () => {
  const OLD = 'transaction_event_old';

  beforeEach(async () => {
    const [from, until] = [daysAgo(120), daysAgo(94)].map((at) => new Date(at).toISOString());
    await sql.query(`create table ${OLD} (like transaction_event including all)`);
    await sql.query(
      `alter table transaction_event attach partition ${OLD} for values from ('${from}') to ('${until}')`,
    );
  });

  it('drops a partition that is over, and carries the history of open transactions over', async () => {
    const gone = await past(100, 95);
    const open = await past(100);
    expect(await count(OLD)).toBe(3);
    const before = await store.load([open]);
    const { dropped, postponed } = await inTurn(async (turn) => {
      await turn.forget(90, null, 100);
      return turn.dropHistory(90);
    });
    expect({ dropped, postponed }).toEqual({ dropped: [OLD], postponed: [] });
    expect(await store.load([open])).toEqual(before);
    expect(await store.load([gone])).toEqual([]);
    expect(await count('transaction_event')).toBe(1);
  });

  it('leaves it for later when somebody would have to wait', async () => {
    const reader = new pg.Client({ connectionString: database.url });
    await reader.connect();
    await reader.query(`begin; lock table ${OLD} in access share mode`);
    const drop = () => inTurn((turn) => turn.dropHistory(90));
    expect(await drop()).toEqual({ dropped: [], postponed: [OLD] });
    await reader.end();
    expect(await drop()).toEqual({ dropped: [OLD], postponed: [] });
  });

  it('touches no partition that is young', async () => {
    expect(await inTurn((turn) => turn.dropHistory(120))).toEqual({ dropped: [], postponed: [] });
  });
});

it('forgets closed dead letters and ended batches alone', async () => {
  await sql.query(
    `insert into dead_letter (source, reason, headers, payload, state, closed_at)
     select 's', 'r', '{}', '', state, now() - age * interval '1 day'
       from (values ('open', null), ('replayed', 91), ('discarded', 1)) as given (state, age)`,
  );
  await sql.query(
    `insert into batch (id, action, reason, asked_by, request_hash, scope, state, ended_at)
     select gen_random_uuid(), 'retry', 'r', 'me', 'h', '{}', state, now() - age * interval '1 day'
       from (values ('running', null), ('done', 91), ('done', 1)) as given (state, age)`,
  );
  await sql.query(
    `insert into batch_item (batch_id, transaction_id)
     select id, gen_random_uuid() from batch, generate_series(1, 5)`,
  );
  const removed = await inTurn(async (turn) => {
    const counts = [];
    for (let round = 0; round < 6; round++) counts.push(await turn.forgetClosed(90, 2));
    return counts;
  });
  expect(removed).toEqual([1, 2, 2, 1, 1, 0]);
  expect([await count('dead_letter'), await count('batch'), await count('batch_item')]).toEqual([
    2, 2, 10,
  ]);
});
