import type { TransactionStore } from '@skald/engine';
import type { OpenInstance } from './store-harness.js';
import { aStart, anEntry, anId, anUpdate, flushesOf, sortedIds } from './store-records.js';

/** Starts, moves, history: what a flush does and what is found afterwards. */
export function storeCommitConformance(open: OpenInstance): void {
  startsAreInserted(open);
  updatesAreGuarded(open);
  updatesAreKept(open);
  readingBack(open);
}

/** Texts that a careless encoding would change. */
const AWKWARD = [
  ...['', 'NULL', '"', '\\', '{a,b}', "it's", 'a\nb\tc\r', '\u0001\u001f\u007f', ' x '],
  ...['ünï', '漢字', '👩‍🚀', '\\u0000', '$1', '%_'],
];

async function one(store: TransactionStore, id: Parameters<TransactionStore['load']>[0][number]) {
  const [stored] = await store.load([id]);
  return stored;
}

function startsAreInserted(open: OpenInstance): void {
  it('gives back a start as it was written', async () => {
    const { store, owner } = await open();
    const start = aStart(anId(), {
      started: {
        ...aStart(anId()).started,
        id: anId(),
        labels: { shop: 'eu', 'k"e\\y': 'v,a{l}' },
      },
    });
    const flush = flushesOf(owner);
    const result = await store.commit(flush({ starts: [start] }));
    expect([...result.started]).toEqual([start.started.id]);
    expect(await one(store, start.started.id)).toEqual({
      started: start.started,
      row: start.row,
      owner,
      history: start.history,
    });
  });

  it('keeps every text to the last character', async () => {
    const { store, owner } = await open();
    const flush = flushesOf(owner);
    for (const text of AWKWARD) {
      const id = anId();
      const data = JSON.stringify({ text });
      const history = [anEntry({ data, produced: text, by: text })];
      await store.commit(flush({ starts: [aStart(id, { history })] }));
      expect((await one(store, id))?.history).toEqual(history);
    }
  });

  it('starts an id once, whoever comes second and whatever with', async () => {
    const [first, second] = [await open(), await open()];
    const id = anId();
    const other = aStart(id, { started: { ...aStart(id).started, requestHash: 'e5f6' } });
    const results = await Promise.all([
      first.store.commit(flushesOf(first.owner)({ starts: [aStart(id)] })),
      second.store.commit(flushesOf(second.owner)({ starts: [other] })),
    ]);
    expect(results.map(({ started }) => started.size).sort()).toEqual([0, 1]);
    const stored = await one(first.store, id);
    expect(stored?.history).toHaveLength(1);
    expect(stored?.started.requestHash).toBe(results[0].started.size === 1 ? 'c3d4' : 'e5f6');
  });

  it('leaves out unknown ids when it loads', async () => {
    const { store, owner } = await open();
    const id = anId();
    await store.commit(flushesOf(owner)({ starts: [aStart(id)] }));
    const loaded = await store.load([anId(), id, anId()]);
    expect(loaded.map(({ started }) => started.id)).toEqual([id]);
  });

  it('tells the time of the database', async () => {
    const { store, owner } = await open();
    const flush = flushesOf(owner);
    const { now } = await store.commit(flush({ starts: [aStart(anId())] }));
    const later = await store.commit(flush({ updates: [anUpdate(anId(), 1)] }));
    expect(later.now).toBeGreaterThanOrEqual(now);
    expect(Math.abs(Date.now() - now)).toBeLessThan(60_000);
  });
}

function updatesAreGuarded(open: OpenInstance): void {
  it('moves only rows whose version is the expected one, and records only those', async () => {
    const { store, owner } = await open();
    const flush = flushesOf(owner);
    const [fresh, stale, unknown] = sortedIds(3) as [never, never, never];
    await store.commit(flush({ starts: [aStart(fresh), aStart(stale)] }));
    const { updated } = await store.commit(
      flush({ updates: [anUpdate(fresh, 1), anUpdate(stale, 7), anUpdate(unknown, 1)] }),
    );
    expect([...updated]).toEqual([fresh]);
    expect((await one(store, fresh))?.row.version).toBe(2);
    expect((await one(store, fresh))?.history).toHaveLength(2);
    expect((await one(store, stale))?.row.version).toBe(1);
    expect((await one(store, stale))?.history).toHaveLength(1);
  });

  it('lets exactly one of two rivals move a row', async () => {
    const [first, second] = [await open(), await open()];
    const ids = sortedIds(40);
    await first.store.commit(flushesOf(first.owner)({ starts: ids.map((id) => aStart(id)) }));
    const rivals = [first, second].map(async ({ store, owner }) =>
      store.commit({
        ...flushesOf(owner)({ updates: ids.map((id) => anUpdate(id, 1)) }),
        flush: 2,
      }),
    );
    const won = (await Promise.all(rivals)).map(({ updated }) => updated);
    for (const id of ids) expect(won.filter((winners) => winners.has(id))).toHaveLength(1);
    for (const { owner, history, started } of await first.store.load(ids)) {
      expect(owner).toBe(won[0]?.has(started.id) ? first.owner : second.owner);
      expect(history).toHaveLength(2);
    }
  });
}

function updatesAreKept(open: OpenInstance): void {
  it('starts and moves in one flush', async () => {
    const { store, owner } = await open();
    const flush = flushesOf(owner);
    const [known, fresh] = sortedIds(2) as [never, never];
    await store.commit(flush({ starts: [aStart(known)] }));
    const { started, updated } = await store.commit(
      flush({ starts: [aStart(fresh)], updates: [anUpdate(known, 1)] }),
    );
    expect([[...started], [...updated]]).toEqual([[fresh], [known]]);
  });

  it('gives only the history rows that carry payloads, in order', async () => {
    const { store, owner } = await open();
    const flush = flushesOf(owner);
    const id = anId();
    await store.commit(flush({ starts: [aStart(id)] }));
    const timedOut = anEntry({ seq: 2, version: 2, type: 'timed-out', carriesPayload: false });
    await store.commit(flush({ updates: [anUpdate(id, 1, { history: [timedOut] })] }));
    await store.commit(flush({ updates: [anUpdate(id, 2)] }));
    expect((await one(store, id))?.history.map(({ seq }) => seq)).toEqual([1, 3]);
  });

  it('nobody owns what sleeps or is parked', async () => {
    const { store, owner } = await open();
    const flush = flushesOf(owner);
    const [sleeper, parked] = sortedIds(2) as [never, never];
    await store.commit(flush({ starts: [aStart(sleeper), aStart(parked)] }));
    const sleep = { waitingFor: 'payment', until: Date.now() + 60_000 };
    await store.commit(
      flush({
        updates: [
          anUpdate(sleeper, 1, { row: { sleep } }),
          anUpdate(parked, 1, { row: { status: 'parked', dueAt: null } }),
        ],
      }),
    );
    expect((await one(store, sleeper))?.row.sleep).toEqual(sleep);
    expect((await store.load([sleeper, parked])).map((stored) => stored.owner)).toEqual([0, 0]);
    await store.commit(flush({ updates: [anUpdate(parked, 2)] }));
    expect((await one(store, parked))?.owner).toBe(owner);
  });
}

function readingBack(open: OpenInstance): void {
  it('reads back what a flush did', async () => {
    const { store, owner } = await open();
    const flush = flushesOf(owner);
    const [known, fresh, lost] = sortedIds(3) as [never, never, never];
    await store.commit(flush({ starts: [aStart(known), aStart(lost)] }));
    const mixed = flush({
      starts: [aStart(fresh)],
      updates: [anUpdate(known, 1), anUpdate(lost, 7)].sort((a, b) => (a.id < b.id ? -1 : 1)),
    });
    const result = await store.commit(mixed);
    await store.commit(flush({ updates: [anUpdate(known, 2)] }));
    const read = await store.readBack(owner, mixed.flush);
    expect(read.started).toEqual(result.started);
    expect(read.updated).toEqual(result.updated);
    expect(read.now).toBeGreaterThanOrEqual(result.now);
  });

  it('reads back nothing of a flush that never came', async () => {
    const { store, owner } = await open();
    const read = await store.readBack(owner, 1);
    expect([read.started.size, read.updated.size]).toEqual([0, 0]);
    expect(read.now).toBeGreaterThan(0);
  });

  it('reads back a move that left no history', async () => {
    const { store, owner } = await open();
    const flush = flushesOf(owner);
    const id = anId();
    await store.commit(flush({ starts: [aStart(id)] }));
    const quiet = flush({ updates: [anUpdate(id, 1, { history: [] })] });
    await store.commit(quiet);
    expect([...(await store.readBack(owner, quiet.flush)).updated]).toEqual([id]);
  });

  it('knows the hashes under which unfinished transactions pin a definition', async () => {
    const { store, owner } = await open();
    const flush = flushesOf(owner);
    const [open1, parked, ended] = sortedIds(3) as [never, never, never];
    const pin = (id: never, hash: string) =>
      aStart(id, {
        started: { ...aStart(id).started, definition: { name: 'd', version: 2, hash } },
      });
    await store.commit(flush({ starts: [pin(open1, 'a1'), pin(parked, 'a2'), pin(ended, 'a3')] }));
    await store.commit(
      flush({
        updates: [
          anUpdate(parked, 1, { row: { status: 'parked' } }),
          anUpdate(ended, 1, { row: { status: 'completed', endedAt: Date.now() } }),
        ],
      }),
    );
    expect([...(await store.pinnedHashes('d', 2))].sort()).toEqual(['a1', 'a2']);
    expect(await store.pinnedHashes('d', 1)).toEqual([]);
  });
}
