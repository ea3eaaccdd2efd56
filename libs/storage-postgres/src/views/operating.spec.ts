import { aStart, anId, anUpdate, flushesOf, sortedIds } from '@skald/testing';
import type { TransactionId } from '@skald/core';
import type { ChangePage, StreamPosition } from '@skald/engine';
import pg from 'pg';
import { testDatabase, type TestDatabase } from '../../../../test/setup/database.js';
import { migrateCoordinator } from '../data-source.js';
import { PostgresStore } from '../postgres-store.js';
import { PostgresViews } from './postgres-views.js';

let database: TestDatabase;
let store: PostgresStore;
let other: PostgresStore;
let views: PostgresViews;
let sql: pg.Client;

beforeEach(async () => {
  database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  store = new PostgresStore({ url: database.url });
  other = new PostgresStore({ url: database.url });
  views = new PostgresViews({ url: database.url });
  sql = new pg.Client({ connectionString: database.url });
  await sql.connect();
});
afterEach(async () => {
  await Promise.all([store.close(), other.close(), views.close(), sql.end()]);
  await database.drop();
});

function audited(object: string, at: number) {
  return {
    ...{ at, actor: 'local', action: 'retry', object, expectedVersion: 1, newVersion: 2 },
    ...{ reason: 'because', result: 'done', data: '{"a":1}' },
  };
}

const AT = Date.UTC(2026, 10, 22, 12);

describe('changes', () => {
  function seen({ changes }: ChangePage) {
    return changes.map(({ id, version }) => `${id} ${version}`);
  }

  async function now(): Promise<StreamPosition> {
    return (await views.changes(null, 1)).position;
  }

  it('begins now and gives what becomes visible from then on, in order per writer', async () => {
    const flush = flushesOf(await store.join('a'));
    const id = anId();
    await store.commit(flush({ starts: [aStart(id)] }));
    const position = await now();
    expect(seen(await views.changes(position, 10))).toEqual([]);
    await store.commit(flush({ updates: [anUpdate(id, 1)] }));
    await store.commit(flush({ updates: [anUpdate(id, 2)] }));
    const page = await views.changes(position, 10);
    expect(seen(page)).toEqual([`${id} 2`, `${id} 3`]);
    expect(page.changes[0]).toMatchObject({ definition: 'place-order', type: 'reply-received' });
    expect(seen(await views.changes(page.position, 10))).toEqual([]);
  });

  it('goes on after any change of a page, also inside a flush, and under a limit', async () => {
    const flush = flushesOf(await store.join('a'));
    const position = await now();
    const ids = sortedIds(5);
    await store.commit(flush({ starts: ids.map((id) => aStart(id)) }));
    const first = await views.changes(position, 2);
    expect(seen(first)).toEqual([`${ids[0]} 1`, `${ids[1]} 1`]);
    expect(seen(await views.changes(first.position, 2))).toEqual([`${ids[2]} 1`, `${ids[3]} 1`]);
    const [change] = first.changes;
    expect(seen(await views.changes(change?.position ?? {}, 9))).toHaveLength(4);
  });

  it('misses nothing of two writers, one of whom joined later', async () => {
    const [early, late] = [flushesOf(await store.join('a')), anId()];
    const position = await now();
    const ids = [anId(), anId()];
    await store.commit(early({ starts: [aStart(ids[0] ?? late)] }));
    const joined = flushesOf(await other.join('b'));
    await other.commit(joined({ starts: [aStart(late)] }));
    await store.commit(early({ starts: [aStart(ids[1] ?? late)] }));
    let page = await views.changes(position, 1);
    const all = seen(page);
    for (; page.changes.length > 0; all.push(...seen(page))) {
      page = await views.changes(page.position, 1);
    }
    expect(all.sort()).toEqual([...ids, late].map((id) => `${id} 1`).sort());
  });

  it('is not held back by an open or prepared transaction of somebody else', async () => {
    const flush = flushesOf(await store.join('a'));
    const position = await now();
    await sql.query('begin');
    await sql.query(`insert into coordinator (name) values ('open')`);
    const id = anId();
    await store.commit(flush({ starts: [aStart(id)] }));
    expect(seen(await views.changes(position, 10))).toEqual([`${id} 1`]);
    await sql.query('rollback');
  });

  describe('only the latest', () => {
    it('leaves out what a newer change of the transaction follows, and goes on behind all', async () => {
      const flush = flushesOf(await store.join('a'));
      const position = await now();
      const [still, moved] = sortedIds(2) as [TransactionId, TransactionId];
      await store.commit(flush({ starts: [aStart(still), aStart(moved)] }));
      for (const version of [1, 2]) {
        await store.commit(flush({ updates: [anUpdate(moved, version)] }));
      }
      const page = await views.changes(position, 10, 'latest');
      expect(seen(page)).toEqual([`${still} 1`, `${moved} 3`]);
      expect(page.hasMore).toBe(false);
      expect(page.position).toEqual((await views.changes(position, 10)).position);
      expect(seen(await views.changes(page.changes[0]?.position ?? {}, 10, 'latest'))).toEqual([
        `${moved} 3`,
      ]);
    });

    it('knows that there is more than a page', async () => {
      const flush = flushesOf(await store.join('a'));
      const position = await now();
      const id = anId();
      await store.commit(flush({ starts: [aStart(id)] }));
      for (const version of [1, 2]) {
        await store.commit(flush({ updates: [anUpdate(id, version)] }));
      }
      const page = await views.changes(position, 2, 'latest');
      expect([seen(page), page.hasMore]).toEqual([[`${id} 2`], true]);
      expect(seen(await views.changes(page.position, 2, 'latest'))).toEqual([`${id} 3`]);
    });

    it.each([1, 2, 3, 4, 50])(
      'is in order and ends with the newest of each, two writers taking turns, %i a page',
      async (limit) => {
        const writers = [
          { at: store, flush: flushesOf(await store.join('a')) },
          { at: other, flush: flushesOf(await other.join('b')) },
        ] as const;
        const position = await now();
        const ids = sortedIds(3);
        await store.commit(writers[0].flush({ starts: ids.map((id) => aStart(id)) }));
        for (let version = 1; version < 8; version += 1) {
          const { at, flush } = writers[version % 3 === 0 ? 1 : 0];
          const moved = ids.filter((_, index) => index > 0 || version < 5);
          await at.commit(flush({ updates: moved.map((id) => anUpdate(id, version)) }));
        }
        const told = new Map<string, number[]>();
        let page = await views.changes(position, limit, 'latest');
        for (
          ;
          page.changes.length > 0;
          page = await views.changes(page.position, limit, 'latest')
        ) {
          for (const { id, version } of page.changes) {
            told.set(id, [...(told.get(id) ?? []), version]);
          }
        }
        const versions = ids.map((id) => told.get(id) ?? []);
        expect(versions.map((all) => all.at(-1))).toEqual([5, 8, 8]);
        for (const all of versions) expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
      },
    );
  });

  it('gives nothing of a flush that is not committed, and all of it afterwards', async () => {
    const flush = flushesOf(await store.join('a'));
    const [held, free] = sortedIds(2) as [never, never];
    await store.commit(flush({ starts: [aStart(held), aStart(free)] }));
    const position = await now();
    await sql.query('begin');
    await sql.query('select from transaction where id = $1 for update', [held]);
    const waiting = store.commit(flush({ updates: [anUpdate(held, 1), anUpdate(free, 1)] }));
    expect(seen(await views.changes(position, 10))).toEqual([]);
    await sql.query('rollback');
    await waiting;
    expect(seen(await views.changes(position, 10))).toHaveLength(2);
  });
});

describe('audit', () => {
  it('is paged newest first, of everything or of one object', async () => {
    for (let n = 0; n < 5; n++) await views.recordAudit(audited(`object-${n % 2}`, AT + n));
    const first = await views.audit({ limit: 3 });
    expect(first.items.map(({ at }) => at - AT)).toEqual([4, 3, 2]);
    const second = await views.audit({ limit: 3, cursor: first.nextCursor ?? '' });
    expect(second.items.map(({ at }) => at - AT)).toEqual([1, 0]);
    expect(second.nextCursor).toBeNull();
    const { items } = await views.audit({ limit: 10 }, 'object-1');
    expect(items.map(({ at }) => at - AT)).toEqual([3, 1]);
    expect(items[0]).toMatchObject(audited('object-1', AT + 3));
  });

  it('has the row of an order exactly when the order won', async () => {
    const flush = flushesOf(await store.join('a'));
    const [won, lost] = sortedIds(2) as [never, never];
    await store.commit(flush({ starts: [aStart(won), aStart(lost)] }));
    const updates = [
      anUpdate(won, 1, { audit: audited(won, AT) }),
      anUpdate(lost, 7, { audit: audited(lost, AT) }),
    ];
    await store.commit(flush({ updates }));
    expect((await views.audit({ limit: 10 })).items.map(({ object }) => object)).toEqual([won]);
  });

  it('cannot be changed or emptied', async () => {
    await views.recordAudit(audited('x', AT));
    for (const statement of [
      `update audit_log set actor = 'nobody'`,
      'delete from audit_log',
      'truncate audit_log',
    ]) {
      await expect(sql.query(statement)).rejects.toThrow('append-only');
    }
    expect((await views.audit({ limit: 10 })).items).toHaveLength(1);
  });
});

describe('dead letters', () => {
  it('are kept byte by byte, paged, and closed once', async () => {
    const payload = Buffer.from([0, 255, 10, 13, 92]);
    const headers = { ce_id: 'x\0y', 'content-type': 'application/json' };
    for (const reason of ['first', 'second\0']) {
      await views.addDeadLetter({ source: 'kafka:a/0@1', reason, headers, payload });
    }
    const { items, nextCursor } = await views.deadLetters({ limit: 1 });
    const [newest] = items;
    expect(newest).toMatchObject({ reason: 'second\uFFFD', headers, payload, state: 'open' });
    const rest = await views.deadLetters({ limit: 1, cursor: nextCursor ?? '' });
    expect(rest.items.map(({ reason }) => reason)).toEqual(['first']);
    const id = newest?.id ?? '';
    const closing = await Promise.all([
      views.closeDeadLetter(id, 'replayed'),
      views.closeDeadLetter(id, 'discarded'),
    ]);
    expect(closing.sort()).toEqual([false, true]);
    expect((await views.deadLetter(id))?.state).not.toBe('open');
  });

  it('are not found by what is no id', async () => {
    for (const id of ['x', '', '-1', '99', '9'.repeat(30)]) {
      expect(await views.deadLetter(id)).toBeUndefined();
      expect(await views.closeDeadLetter(id, 'discarded')).toBe(false);
    }
  });
});

describe('coordinators', () => {
  it('shows who is live', async () => {
    const gone = await store.join('gone');
    const live = await other.join('live');
    await other.heartbeat(live, 60_000);
    await store.leave(gone);
    const seen = await views.coordinators();
    expect(seen.map(({ name, isLive }) => [name, isLive])).toEqual([
      ['live', true],
      ['gone', false],
    ]);
    expect(seen[0]?.heartbeatAt).toBeGreaterThanOrEqual(seen[0]?.joinedAt ?? Infinity);
  });
});
