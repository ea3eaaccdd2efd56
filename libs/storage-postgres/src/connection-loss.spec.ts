import { StoreError, type Flush } from '@skald/engine';
import { aStart, anId, anUpdate, flushesOf, sortedIds } from '@skald/testing';
import pg from 'pg';
import { testDatabase, type TestDatabase } from '../../../test/setup/database.js';
import { someoneWaitsForLock } from '../../../test/setup/locks.js';
import { TcpProxy } from '../../../test/setup/tcp-proxy.js';
import { migrateCoordinator } from './data-source.js';
import { PostgresStore } from './postgres-store.js';

let database: TestDatabase;
let proxy: TcpProxy;
let store: PostgresStore;
let owner: number;
let flush: (flush: Partial<Flush>) => Flush;
let sql: pg.Client;

beforeEach(async () => {
  database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  proxy = await TcpProxy.before(database.url);
  store = new PostgresStore({ url: proxy.url, connectTimeoutMs: 1_000, callTimeoutMs: 3_000 });
  owner = await store.join('loss');
  flush = flushesOf(owner);
  await store.commit(flush({ starts: [aStart(anId())] }));
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
});
afterEach(async () => {
  await Promise.all([store.close(), sql.end()]);
  await proxy.close();
  await database.drop();
});

async function kindOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  return (error as StoreError).kind;
}

describe('a connection cut at COMMIT', () => {
  it('is unavailable; reading back tells that the flush became durable', async () => {
    const [first, second] = sortedIds(2) as [never, never];
    const lost = flush({ starts: [aStart(first), aStart(second)] });
    proxy.mode = 'drop-answer';
    expect(await kindOf(store.commit(lost))).toBe('unavailable');
    proxy.mode = 'forward';
    const read = await store.readBack(owner, lost.flush);
    expect([...read.started].sort()).toEqual([first, second]);
    const { updated } = await store.commit(flush({ updates: [anUpdate(first, 1)] }));
    expect(updated.size).toBe(1);
  });

  it('tells that nothing became durable when the statement never arrived', async () => {
    const lost = flush({ starts: [aStart(anId())] });
    proxy.mode = 'drop-request';
    expect(await kindOf(store.commit(lost))).toBe('unavailable');
    proxy.mode = 'forward';
    expect((await store.readBack(owner, lost.flush)).started.size).toBe(0);
  });

  it('ends a session that is still at work, so that the answer does not change', async () => {
    const [held, free] = sortedIds(2) as [never, never];
    await store.commit(flush({ starts: [aStart(held), aStart(free)] }));
    await sql.query('begin');
    await sql.query('select from transaction where id = $1 for update', [held]);
    const lost = flush({ updates: [anUpdate(held, 1), anUpdate(free, 1)] });
    const kind = kindOf(store.commit(lost));
    await someoneWaitsForLock(database.url);
    proxy.cut();
    expect(await kind).toBe('unavailable');
    expect((await store.readBack(owner, lost.flush)).updated.size).toBe(0);
    await sql.query('commit');
    const rows = await store.load([held, free]);
    expect(rows.map(({ row }) => row.version)).toEqual([1, 1]);
  });
});

describe('a claim whose answer is lost', () => {
  it('is handed out by the next claim', async () => {
    const [due, dead] = sortedIds(2) as [never, never];
    const gone = await store.join('gone');
    await store.commit({ ...flushesOf(gone)({ starts: [aStart(dead)] }) });
    await store.commit(flush({ starts: [aStart(due)] }));
    await store.release([{ id: due, version: 1, sleep: { waitingFor: 'payment', until: 0 } }]);
    proxy.mode = 'drop-answer';
    expect(await kindOf(store.claimDue({ owner, limit: 9 }))).toBe('unavailable');
    proxy.mode = 'forward';
    const claimed = await store.claimDead({ owner, dead: [gone], limit: 9 });
    const ids = claimed.map(({ started }) => started.id);
    expect(ids.sort()).toEqual([due, dead].sort());
    expect(await store.claimDue({ owner, limit: 9 })).toEqual([]);
  });
});

describe('a server that is away', () => {
  it('fails every call soon, and works again by itself', async () => {
    await proxy.close();
    const calls = [
      () => store.commit(flush({ starts: [aStart(anId())] })),
      () => store.load([anId()]),
      () => store.heartbeat(owner, 5_000),
      () => store.claimDue({ owner, limit: 1 }),
      () => store.readBack(owner, 1),
      () => store.pinnedHashes('d', 1),
    ];
    const since = Date.now();
    for (const call of calls) expect(await kindOf(call())).toBe('unavailable');
    expect(Date.now() - since).toBeLessThan(10_000);
    await proxy.open();
    const { started } = await store.commit(flush({ starts: [aStart(anId())] }));
    expect(started.size).toBe(1);
    for (const call of calls) await call();
  });

  it('is given up when it is silent', async () => {
    await store.close();
    store = new PostgresStore({ url: proxy.url, connectTimeoutMs: 300, callTimeoutMs: 300 });
    await store.load([anId()]);
    proxy.mode = 'silent';
    expect(await kindOf(store.load([anId()]))).toBe('unavailable');
    expect(await kindOf(store.load([anId()]))).toBe('unavailable');
    proxy.mode = 'forward';
    expect(await store.load([anId()])).toEqual([]);
  });

  it('is unavailable after close, without an attempt to connect', async () => {
    await store.close();
    expect(await kindOf(store.load([anId()]))).toBe('unavailable');
  });
});

describe('a flush', () => {
  it('is one statement, whatever it holds', async () => {
    const [a, b] = sortedIds(2) as [never, never];
    await store.commit(flush({ starts: [aStart(a)] }));
    const before = proxy.executed;
    await store.commit(flush({ starts: [aStart(b)], updates: [anUpdate(a, 1)] }));
    expect(proxy.executed - before).toBe(1);
  });
});
