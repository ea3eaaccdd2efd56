import type { TransactionId } from '@skald/core';
import type { AuditEntry, NewBatch } from '@skald/engine';
import { aStart, anUpdate, flushesOf, sortedIds } from '@skald/testing';
import { testDatabase, type TestDatabase } from '../../../../test/setup/database.js';
import { migrateCoordinator } from '../data-source.js';
import { PostgresStore } from '../postgres-store.js';
import { PostgresViews } from './postgres-views.js';
import { randomUUID } from 'node:crypto';

let database: TestDatabase;
let store: PostgresStore;
let views: PostgresViews;
let flush: ReturnType<typeof flushesOf>;

beforeEach(async () => {
  database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  store = new PostgresStore({ url: database.url });
  views = new PostgresViews({ url: database.url });
  flush = flushesOf(await store.join('batches'));
});
afterEach(async () => {
  await Promise.all([store.close(), views.close()]);
  await database.drop();
});

async function started(count: number): Promise<TransactionId[]> {
  const ids = sortedIds(count);
  await store.commit(flush({ starts: ids.map((id) => aStart(id)) }));
  return ids;
}

function aBatch(ids: readonly TransactionId[], more: Partial<NewBatch> = {}): NewBatch {
  const asks = { action: 'retry', reason: 'why', by: 'local', requestHash: 'h' } as const;
  return { id: randomUUID(), ...asks, scope: { ids }, scopeJson: '{}', ...more };
}

/** The audit row that the commit of an order writes. */
function auditOf(object: string, batch: string, version: number): AuditEntry {
  const what = { at: 0, actor: 'local', action: 'retry', object, reason: 'why', result: 'done' };
  return {
    ...what,
    expectedVersion: version,
    newVersion: version + 1,
    data: `{"batch":"${batch}"}`,
  };
}

const ordered = (id: TransactionId, batch: string, version: number) =>
  store.commit(flush({ updates: [anUpdate(id, version, { audit: auditOf(id, batch, version) })] }));

test('it is entered whole or not at all, and once under its id', async () => {
  const ids = await started(3);
  expect(await views.batches.create(aBatch(ids), 2)).toBeUndefined();
  expect(await views.batches.create(aBatch([]), 2)).toBeUndefined();
  expect((await views.batches.list({ limit: 9 })).items).toEqual([]);
  const batch = aBatch([...ids, ...ids]);
  const made = await Promise.all([1, 2].map(() => views.batches.create(batch, 9)));
  for (const one of made) expect(one).toMatchObject({ id: batch.id, total: 3, state: 'running' });
  expect(await views.batches.next(batch.id, 9)).toHaveLength(3);
});

test('a filter finds the unfinished only', async () => {
  const [a, b] = (await started(2)) as [TransactionId, TransactionId];
  const row = { status: 'completed', endedAt: Date.now() } as const;
  await store.commit(flush({ updates: [anUpdate(a, 1, { row })] }));
  expect(await views.batches.inScope({ filter: {} }, 9)).toEqual([b]);
});

test('of two workers one gets a batch, and the other when the lease is over', async () => {
  const { id } = (await views.batches.create(aBatch(await started(1)), 9)) ?? { id: '' };
  const taken = await Promise.all(['a', 'b'].map((name) => views.batches.take(name, 60_000)));
  expect(taken.filter((batch) => batch !== undefined)).toHaveLength(1);
  const holder = taken[0] ? 'a' : 'b';
  expect(await views.batches.take(holder, 0)).toMatchObject({ id });
  expect(await views.batches.take('c', 60_000)).toMatchObject({ id });
});

test('an order that was carried out by one who died at once is not carried out again', async () => {
  const [id] = (await started(1)) as [TransactionId];
  const batch = (await views.batches.create(aBatch([id]), 9))?.id ?? '';
  expect(await views.batches.next(batch, 9)).toEqual([
    { transaction: id, version: 1, isDone: false, tries: 1 },
  ]);
  await ordered(id, batch, 1);
  expect(await views.batches.next(batch, 9)).toMatchObject([{ isDone: true, tries: 2 }]);
});

test('a version is pinned anew only when the transaction moved by something else', async () => {
  const [id] = (await started(1)) as [TransactionId];
  const batch = (await views.batches.create(aBatch([id]), 9))?.id ?? '';
  const [slow] = await views.batches.next(batch, 9);
  expect(await views.batches.next(batch, 9)).toMatchObject([{ version: slow?.version }]);
  await store.commit(flush({ updates: [anUpdate(id, 1)] }));
  await ordered(id, randomUUID(), 2); // Another batch's.
  expect(await views.batches.next(batch, 9)).toMatchObject([{ version: 3, isDone: false }]);
  // The slow one comes too late with the version it was given.
  const { updated } = await ordered(id, batch, slow?.version ?? 0);
  expect(updated.size).toBe(0);
});

test('settling twice counts once, and it is over when all are settled', async () => {
  const ids = await started(3);
  const batch = (await views.batches.create(aBatch(ids), 9))?.id ?? '';
  const [a, b, c] = ids.map(
    (transaction) => ({ transaction, state: 'done', detail: null }) as const,
  );
  if (!a || !b || !c) throw new Error('three');
  const refused = { ...b, state: 'refused', detail: 'parked: no' } as const;
  await views.batches.settle(batch, [a, refused]);
  await views.batches.settle(batch, [a, b]);
  await views.batches.finish(batch);
  expect(await views.batches.find(batch)).toMatchObject({ state: 'running', done: 1, refused: 1 });
  expect(await views.batches.refusals(batch, 9)).toEqual([refused]);
  await views.batches.settle(batch, [c]);
  await views.batches.finish(batch);
  const over = await views.batches.find(batch);
  expect(over).toMatchObject({ state: 'done', done: 2, refused: 1 });
  expect(over?.endedAt).not.toBeNull();
  expect(await views.batches.take('a', 1_000)).toBeUndefined();
});

test('a cancelled one is nobody’s work any more, and is cancelled once', async () => {
  const batch = (await views.batches.create(aBatch(await started(2)), 9))?.id ?? '';
  const audit = { ...auditOf(batch, batch, 1), action: 'batch-cancel', data: null };
  const both = await Promise.all([1, 2].map(() => views.batches.cancel(batch, audit)));
  expect(both.sort()).toEqual([false, true]);
  expect(await views.batches.take('a', 1_000)).toBeUndefined();
  const { items } = await views.audit({ limit: 9 }, batch);
  expect(items.map(({ action }) => action)).toEqual(['batch-cancel', 'batch-retry']);
});
