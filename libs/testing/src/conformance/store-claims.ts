import type { TransactionId } from '@skald/core';
import type { StoredTransaction } from '@skald/engine';
import type { Instance, OpenInstance } from './store-harness.js';
import { aStart, anId, anUpdate, flushesOf, sortedIds } from './store-records.js';

/** Sleepers, the dead, and who takes over from whom. */
export function storeClaimConformance(open: OpenInstance): void {
  sleepersAreWoken(open);
  theDeadAreInherited(open);
}

function idsOf(stored: readonly StoredTransaction[]): string[] {
  return stored.map(({ started }) => started.id).sort();
}

/** Started by `instance` and put to sleep, waiting for `participant`, due `inMs` from now. */
async function sleepers(
  { store, owner }: Instance,
  count: number,
  { participant = 'payment', inMs = -1_000 }: { participant?: string; inMs?: number } = {},
): Promise<TransactionId[]> {
  const ids = sortedIds(count);
  const { now } = await store.commit({
    ...{ writer: owner, flush: Date.now(), updates: [] },
    starts: ids.map((id) => aStart(id)),
  });
  await store.release(
    ids.map((id) => ({ id, version: 1, sleep: { waitingFor: participant, until: now + inMs } })),
  );
  return ids;
}

const LONG_MS = 600_000;

function sleepersAreWoken(open: OpenInstance): void {
  it('claims sleepers that are due, with row and history, and wakes them', async () => {
    const instance = await open();
    const { store, owner } = instance;
    const ids = await sleepers(instance, 3);
    const claimed = await store.claimDue({ owner, limit: 10 });
    expect(idsOf(claimed)).toEqual(ids);
    for (const { row, owner: keeper, history } of claimed) {
      expect(row).toMatchObject({ version: 3, sleep: null });
      expect(keeper).toBe(owner);
      expect(history).toHaveLength(1);
    }
    expect(await store.claimDue({ owner, limit: 10 })).toEqual([]);
  });

  it('lets those sleep whose time has not come', async () => {
    const instance = await open();
    await sleepers(instance, 1, { inMs: LONG_MS });
    expect(await instance.store.claimDue({ owner: instance.owner, limit: 10 })).toEqual([]);
  });

  it('is fair to all participants, and passes over those it is told to', async () => {
    const instance = await open();
    const { store, owner } = instance;
    await sleepers(instance, 30, { participant: 'inventory', inMs: -60_000 });
    const payment = await sleepers(instance, 2, { participant: 'payment' });
    await sleepers(instance, 2, { participant: 'order' });
    const claimed = await store.claimDue({ owner, limit: 5, except: ['order'] });
    expect(claimed).toHaveLength(7);
    expect(idsOf(claimed)).toEqual(expect.arrayContaining(payment));
  });

  it('gives a sleeper to one of two instances', async () => {
    const [first, second] = [await open(), await open()];
    const ids = await sleepers(first, 20);
    const claims = await Promise.all(
      [first, second].map(({ store, owner }) => store.claimDue({ owner, limit: 20 })),
    );
    expect(claims.flatMap(idsOf).sort()).toEqual(ids);
  });

  it('a version moves with claim and release, so that whoever kept an old copy loses', async () => {
    const [first, second] = [await open(), await open()];
    const [id] = (await sleepers(first, 1)) as [TransactionId];
    await second.store.claimDue({ owner: second.owner, limit: 1 });
    const late = { writer: first.owner, flush: Date.now() + 1, starts: [] };
    const { updated } = await first.store.commit({ ...late, updates: [anUpdate(id, 2)] });
    expect(updated.size).toBe(0);
  });

  it('releases only what nobody moved meanwhile', async () => {
    const { store, owner } = await open();
    const flush = flushesOf(owner);
    const id = anId();
    await store.commit(flush({ starts: [aStart(id)] }));
    await store.commit(flush({ updates: [anUpdate(id, 1)] }));
    await store.release([{ id, version: 1, sleep: { waitingFor: 'payment', until: 0 } }]);
    const [stored] = await store.load([id]);
    expect(stored?.row).toMatchObject({ version: 2, sleep: null });
  });
}

function theDeadAreInherited(open: OpenInstance): void {
  it('names an incarnation that left and owns open rows, and gives these away once', async () => {
    const [gone, heir, rival] = [await open(), await open(), await open()];
    const ids = sortedIds(5);
    const starts = ids.map((id) => aStart(id));
    await gone.store.commit(flushesOf(gone.owner)({ starts }));
    expect((await heir.store.heartbeat(heir.owner, LONG_MS)).dead).toEqual([]);
    await gone.store.leave(gone.owner);
    const { dead } = await heir.store.heartbeat(heir.owner, LONG_MS);
    expect(dead).toEqual([gone.owner]);
    const claims = await Promise.all(
      [heir, rival].map(({ store, owner }) => store.claimDead({ owner, dead, limit: 100 })),
    );
    expect(claims.flatMap(idsOf).sort()).toEqual(ids);
    expect(claims.flat().every(({ row }) => row.version === 2)).toBe(true);
    expect((await heir.store.heartbeat(heir.owner, LONG_MS)).dead).toEqual([]);
  });

  it('names an incarnation whose heartbeat is older than the lease, until it beats again', async () => {
    const [silent, heir] = [await open(), await open()];
    await silent.store.commit(flushesOf(silent.owner)({ starts: [aStart(anId())] }));
    const { now } = await silent.store.heartbeat(silent.owner, LONG_MS);
    let dead: readonly number[] = [];
    let seen = now;
    while (dead.length === 0 && seen < now + 5_000) {
      ({ dead, now: seen } = await heir.store.heartbeat(heir.owner, 20));
    }
    expect(dead).toEqual([silent.owner]);
    await silent.store.heartbeat(silent.owner, LONG_MS);
    expect((await heir.store.heartbeat(heir.owner, LONG_MS)).dead).toEqual([]);
  });

  it('leaves alone what ended, sleeps, or is parked', async () => {
    const [gone, heir] = [await open(), await open()];
    const flush = flushesOf(gone.owner);
    const [ended, parked] = sortedIds(2) as [never, never];
    await gone.store.commit(flush({ starts: [aStart(ended), aStart(parked)] }));
    await gone.store.commit(
      flush({
        updates: [
          anUpdate(ended, 1, { row: { status: 'completed', endedAt: Date.now() } }),
          anUpdate(parked, 1, { row: { status: 'parked' } }),
        ],
      }),
    );
    await sleepers(gone, 1, { inMs: LONG_MS });
    await gone.store.leave(gone.owner);
    expect((await heir.store.heartbeat(heir.owner, LONG_MS)).dead).toEqual([]);
    const { owner } = heir;
    expect(await heir.store.claimDead({ owner, dead: [gone.owner], limit: 10 })).toEqual([]);
  });

  it('claims at most as many as asked for', async () => {
    const [gone, heir] = [await open(), await open()];
    const starts = sortedIds(5).map((id) => aStart(id));
    await gone.store.commit(flushesOf(gone.owner)({ starts }));
    await gone.store.leave(gone.owner);
    const claim = { owner: heir.owner, dead: [gone.owner], limit: 3 };
    expect(await heir.store.claimDead(claim)).toHaveLength(3);
    expect(await heir.store.claimDead(claim)).toHaveLength(2);
    expect(await heir.store.claimDead(claim)).toHaveLength(0);
  });
}
