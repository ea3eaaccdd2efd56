import { encodeState, participant, saga, type SagaState, type TransactionId } from '@skald/core';
import { aStart, anEntry, anId, anUpdate, flushesOf, sortedIds } from '@skald/testing';
import { testDatabase, type TestDatabase } from '../../../../test/setup/database.js';
import { migrateCoordinator } from '../data-source.js';
import { PostgresStore } from '../postgres-store.js';
import { PostgresViews } from './postgres-views.js';
import { z } from 'zod';

const call = { request: z.object({}), reply: z.object({}) };
const order = participant('order', { create: call, reject: call });
const inventory = participant('inventory', { reserve: call, release: call });
const payment = participant('payment', { charge: call });
const nothing = () => ({});
const placeOrder = saga('place-order', { version: 1, input: z.object({}) })
  .compensatable('create-order', {
    action: [order.create, nothing],
    compensation: [order.reject, nothing],
  })
  .compensatable('reserve-stock', {
    action: [inventory.reserve, nothing],
    compensation: [inventory.release, nothing],
  })
  .pivot('charge-card', { action: [payment.charge, nothing] })
  .build();

let database: TestDatabase;
let store: PostgresStore;
let views: PostgresViews;
let owner: number;
let flush: ReturnType<typeof flushesOf>;

beforeEach(async () => {
  database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  store = new PostgresStore({ url: database.url });
  views = new PostgresViews({ url: database.url, definitions: [placeOrder] });
  owner = await store.join('views');
  flush = flushesOf(owner);
});
afterEach(async () => {
  await Promise.all([store.close(), views.close()]);
  await database.drop();
});

const HOUR_MS = 3_600_000;
const NOON = Date.UTC(2026, 10, 22, 12);

interface Shown {
  at?: number;
  definition?: string;
  labels?: Record<string, string>;
  deadline?: number;
}

async function started(shown: Shown = {}): Promise<TransactionId> {
  const id = anId();
  const { started } = aStart(id);
  const { at = NOON, definition = 'place-order', labels = {}, deadline } = shown;
  const start = {
    ...started,
    ...{ startedAt: at, deadline: deadline ?? Date.now() + HOUR_MS, labels },
    definition: { ...started.definition, name: definition },
  };
  const history = [anEntry({ at })];
  await store.commit(flush({ starts: [aStart(id, { started: start, history })] }));
  return id;
}

async function moved(id: TransactionId, row: Parameters<typeof anUpdate>[2]): Promise<void> {
  await store.commit(flush({ updates: [anUpdate(id, 1, row)] }));
}

/** A state with one pending command, or a reason. */
function state(
  parts: Partial<SagaState> & { step?: number; direction?: 'action' | 'bar' },
): string {
  const { step = 0, direction = 'action', ...rest } = parts;
  const asked = { attempt: 1, firstAttempt: 1, resendAt: 0, lastError: null, branch: null };
  const pending = [{ step, direction, ...asked }];
  return encodeState({ steps: [], pending, groups: [], failure: null, parked: null, ...rest });
}

async function listed(filter: Parameters<PostgresViews['list']>[0]): Promise<string[]> {
  const { items } = await views.list(filter, { limit: 200 });
  return items.map((item) => item.started.id);
}

describe('find', () => {
  it('gives what the store gives, and undefined for an unknown id', async () => {
    const id = await started({ labels: { shop: 'eu' } });
    expect(await views.find(id)).toEqual((await store.load([id]))[0]);
    expect(await views.find(anId())).toBeUndefined();
  });
});

describe('list', () => {
  it('shows the newest first and filters by status, definition, label and time', async () => {
    const a = await started({ at: NOON, labels: { shop: 'eu', tier: 'gold' } });
    const b = await started({ at: NOON + 1, definition: 'refund', labels: { shop: 'us' } });
    const c = await started({ at: NOON + 2 });
    await moved(c, { row: { status: 'parked' } });

    expect(await listed({})).toEqual([c, b, a]);
    expect(await listed({ statuses: ['running'] })).toEqual([b, a]);
    expect(await listed({ statuses: ['parked', 'completed'] })).toEqual([c]);
    expect(await listed({ definition: 'refund' })).toEqual([b]);
    expect(await listed({ labels: { shop: 'eu' } })).toEqual([a]);
    expect(await listed({ labels: { shop: 'eu', tier: 'silver' } })).toEqual([]);
    expect(await listed({ from: NOON + 1, to: NOON + 2 })).toEqual([b]);
    expect(await listed({ definition: 'place-order', statuses: ['parked'] })).toEqual([c]);
  });

  it('finds by the participant and the step that are waited for', async () => {
    const charging = await started({ at: NOON });
    await moved(charging, { row: { state: state({ step: 2, direction: 'bar' }) } });
    const reserving = await started({ at: NOON + 1 });
    await moved(reserving, { row: { state: state({ step: 1 }) } });
    const asleep = await started({ at: NOON + 2, definition: 'unknown-here' });
    await moved(asleep, { row: { sleep: { waitingFor: 'payment', until: NOON } } });
    const ended = await started({ at: NOON + 3 });
    await moved(ended, { row: { status: 'completed', endedAt: NOON } });

    expect(await listed({ participant: 'payment' })).toEqual([asleep, charging]);
    expect(await listed({ participant: 'inventory' })).toEqual([reserving]);
    expect(await listed({ step: 'charge-card' })).toEqual([charging]);
    expect(await listed({ step: 'charge-card', participant: 'order' })).toEqual([]);
  });

  it('finds by an id, its beginning, or part of a reason, whatever signs it holds', async () => {
    const failed = await started({ at: NOON });
    const failure = {
      ...{ step: 'charge-card', participant: 'payment', operation: 'charge', detail: null },
      ...{ outcome: 'rejected' as const, reason: 'card_declined "50%"' },
    };
    await moved(failed, { row: { status: 'compensating', state: state({ failure }) } });
    const parked = await started({ at: NOON + 1 });
    const stop = { reason: 'outcome-unknown', from: 'running', at: 0, detail: 'card' } as const;
    await moved(parked, { row: { status: 'parked', state: state({ parked: stop }) } });

    expect(await listed({ text: failed })).toEqual([failed]);
    expect(await listed({ text: failed.slice(0, 10).toUpperCase() })).toEqual([failed]);
    for (const text of ['CARD_dec', '"50%"', 'd_'])
      expect(await listed({ text })).toEqual([failed]);
    expect(await listed({ text: 'unknown' })).toEqual([parked]);
    for (const text of ['card-', '%', "'; drop table transaction; --", '\\']) {
      expect(await listed({ text })).toEqual(text === '%' ? [failed] : []);
    }
  });

  it('pages without repeating or skipping a row while others start and move', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) ids.unshift(await started({ at: NOON + Math.floor(n / 3) }));
    const seen: string[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = await views.list({}, { limit: 2, ...(cursor && { cursor }) });
      seen.push(...page.items.map((item) => item.started.id));
      cursor = page.nextCursor;
      await started({ at: NOON + HOUR_MS });
    }
    expect([...seen].sort()).toEqual([...ids].sort());
  });

  it('refuses a cursor that no page gave', async () => {
    for (const cursor of ['x', '', Buffer.from('[1,"x"]').toString('base64url')]) {
      await expect(views.list({}, { limit: 2, cursor })).rejects.toMatchObject({
        code: 'REQUEST_INVALID',
      });
    }
  });
});

describe('counts', () => {
  it('counts per status under the filter, whatever statuses it asks for', async () => {
    await started();
    await moved(await started({ definition: 'refund' }), { row: { status: 'parked' } });
    await moved(await started(), { row: { status: 'completed', endedAt: NOON } });
    const all = { running: 1, parked: 1, completed: 1 };
    expect(await views.counts({ statuses: ['parked'] })).toEqual({
      counts: all,
      isEstimated: false,
    });
    expect((await views.counts({ definition: 'refund' })).counts).toEqual({ parked: 1 });
  });
});

describe('attention', () => {
  it('lists parked, then overdue, then those without a definition; the longest waiting first', async () => {
    const late = Date.now() - HOUR_MS;
    const homeless = await started();
    const sleep = { waitingFor: 'definition-missing:place-order@1', until: NOON };
    await moved(homeless, { row: { sleep } });
    const overdue = await started({ deadline: late });
    const longOverdue = await started({ deadline: late - 1 });
    const parked = await started();
    await moved(parked, { row: { status: 'parked', updatedAt: NOON + 2 } });
    const longParked = await started({ deadline: late });
    await moved(longParked, { row: { status: 'parked', updatedAt: NOON + 1 } });
    await started();
    await moved(await started({ deadline: late }), { row: { status: 'completed', endedAt: NOON } });

    const seen: string[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = await views.attention({ limit: 2, ...(cursor && { cursor }) });
      seen.push(...page.items.map((item) => item.started.id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([longParked, parked, longOverdue, overdue, homeless]);
  });
});

describe('history', () => {
  it('is paged by seq and has the rows without payloads, too', async () => {
    const id = await started();
    const timedOut = anEntry({ seq: 2, version: 2, type: 'timed-out', carriesPayload: false });
    await moved(id, { history: [timedOut] });
    await store.commit(flush({ updates: [anUpdate(id, 2)] }));
    expect((await views.history(id, 0, 2)).map(({ seq }) => seq)).toEqual([1, 2]);
    expect((await views.history(id, 1, 200)).map(({ seq }) => seq)).toEqual([2, 3]);
    expect(await views.history(id, 3, 200)).toEqual([]);
    expect((await views.history(id, 1, 1))[0]).toEqual(timedOut);
  });
});

describe('stats', () => {
  it('tells what is parked by reason, and which open transaction is the oldest', async () => {
    expect(await views.oldestOpen()).toBeUndefined();
    const parked = await started({ at: NOON });
    const stop = { reason: 'in-doubt', from: 'running', at: NOON, detail: null } as const;
    await moved(parked, { row: { status: 'parked', state: state({ parked: stop }) } });
    await moved(await started({ at: NOON }), { row: { status: 'completed', endedAt: NOON } });
    await started({ at: NOON + 2 });
    const old = await started({ at: NOON + 1 });
    expect((await views.oldestOpen())?.started.id).toBe(old);
    const { parkedByReason } = await views.stats({ from: NOON, to: NOON + 1, bucketMs: 60_000 });
    expect(parkedByReason).toEqual({ 'in-doubt': 1 });
  });

  it('counts unfinished transactions per definition', async () => {
    const [a, b] = sortedIds(2) as [TransactionId, TransactionId];
    await store.commit(flush({ starts: [aStart(a), aStart(b)] }));
    await moved(a, { row: { status: 'completed', endedAt: NOON } });
    expect(await views.runningByDefinition()).toEqual([
      { protocol: 'saga', name: 'place-order', version: 1, hash: 'a1b2', open: 1 },
    ]);
  });
});
