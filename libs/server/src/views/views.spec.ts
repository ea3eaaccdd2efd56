import {
  bodyOf,
  GOOD,
  itemsOf,
  startApi,
  until,
  waitsFor,
  type Api,
} from '../../../../test/setup/api.js';
import { encodeReply, type TransactionId } from '@skald/core';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const get = async (path: string) => bodyOf(await api.request(path));
const start = async (labels: Record<string, string>, headers = {}) =>
  bodyOf(await api.post('/v1/transactions', { ...GOOD, labels }, headers));

test('the list filters, counts and pages by cursor, newest first', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) {
    const { id } = await start({ list: 'a:b', nth: String(i) }, { prefer: 'wait=10' });
    ids.unshift(id as string);
  }
  await start({ list: 'other' }, { prefer: 'wait=10' });
  const filter = '/v1/transactions?label=list:a:b&status=completed&status=running&counts=true';
  const first = await get(`${filter}&limit=3`);
  expect(first).toMatchObject({ counts: { completed: 5 }, countsEstimated: false });
  const second = await get(`${filter}&limit=3&cursor=${first['nextCursor'] as string}`);
  const items = [...itemsOf(first), ...itemsOf(second)];
  expect(items.map(({ id }) => id as string)).toEqual(ids);
  expect(second['nextCursor']).toBeNull();
  expect(items[0]).not.toHaveProperty('steps');
  expect(items[0]).not.toHaveProperty('input');
  expect(await get('/v1/transactions?definition=sell')).toEqual({ items: [], nextCursor: null });
});

test.each([
  ['limit=0', 'limit'],
  ['limit=201', 'limit'],
  ['limit=ten', 'limit'],
  ['limit=5&limit=6', 'limit'],
  ['status=stuck', 'status'],
  ['label=nocolon', 'label'],
  ['from=yesterday', 'from'],
  ['definition=No%20Name', 'definition'],
  ['q=%00', 'q'],
  ['counts=yes', 'counts'],
  ['sort=id', 'sort'],
  ['cursor=%20', 'cursor'],
  ['__proto__=x', '__proto__'],
])('?%s is refused by name', async (query, name) => {
  const response = await api.request(`/v1/transactions?${query}`);
  expect(response.status).toBe(400);
  expect((await bodyOf(response))['detail']).toContain(name);
});

test('a cursor that is none of ours is a wrong request, not an error of ours', async () => {
  expect((await api.request('/v1/transactions?cursor=nonsense')).status).toBe(400);
});

test('definitions are listed with their use, and shown as data', async () => {
  expect(await get('/v1/definitions')).toMatchObject({
    items: [
      { name: 'buy', version: 3, protocol: 'saga', isRegistered: true },
      { name: 'move', version: 1, protocol: 'two-phase', isRegistered: true },
      { name: 'exchange', version: 1, protocol: 'saga', isRegistered: true },
    ],
  });
  expect(await get('/v1/definitions/buy')).toMatchObject({
    name: 'buy',
    version: 3,
    versions: [3],
    inputSchema: { type: 'object', required: ['sku'] },
    steps: [
      { name: 'hold', kind: 'compensatable', action: 'stock.hold', compensation: 'stock.free' },
      { name: 'charge', kind: 'pivot', action: 'bank.charge', compensation: null },
      { name: 'notify', kind: 'retriable' },
    ],
  });
  expect(await get('/v1/definitions/sell')).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
  expect(await get('/v1/definitions/buy?version=9')).toMatchObject({ status: 404 });
});

test('attention lists what is parked, with the reason', async () => {
  api.answerBy(({ step }) => {
    if (step === 'notify') return { outcome: 'rejected', reason: 'no address' };
    return { outcome: 'succeeded', reply: { holdId: 'h', chargeId: 'c' } };
  });
  const { id, status } = await start({}, { prefer: 'wait=10' });
  expect(status).toBe('parked');
  const attention = await get('/v1/attention');
  expect(attention['participants']).toEqual([]);
  expect(itemsOf(attention).find((item) => item['id'] === id)).toMatchObject({
    attention: 'parked',
    parked: { reason: 'retriable-rejected' },
  });
});

test('participants and statistics tell of what ran', async () => {
  expect(
    itemsOf(await get('/v1/participants')).map(({ name, circuit }) => [name, circuit]),
  ).toEqual(
    expect.arrayContaining([
      ['bank', 'closed'],
      ['stock', 'closed'],
    ]),
  );
  const { buckets } = await get('/v1/stats?bucketMs=3600000');
  expect(JSON.stringify(buckets)).toContain('"definition":"buy"');
  expect((await api.request('/v1/stats?bucketMs=1000&from=2020-01-01T00:00:00Z')).status).toBe(400);
});

test('a page learns who serves it, and where traces and logs are', async () => {
  const trace = 'https://traces.example/{traceId}';
  const other = await startApi({ name: 'one', links: { trace } }, api);
  const response = await other.request('/v1/configuration');
  await other.close();
  expect(await bodyOf(response)).toMatchObject({ coordinator: 'one', links: { trace, log: null } });
});

test('probes answer', async () => {
  expect(await get('/health/live')).toEqual({ status: 'ok' });
  expect(await get('/health/ready')).toEqual({ status: 'ok', reasons: [] });
});

describe('dead letters', () => {
  const add = async (payload: string | Buffer) => {
    const reason = `specimen ${Math.random()}`;
    const letter = { source: 'kafka:t/0@1', reason, headers: { a: 'b' } };
    await api.views.addDeadLetter({ ...letter, payload: Buffer.from(payload) });
    return itemsOf(await get('/v1/dead-letters')).find((item) => item['reason'] === reason)?.[
      'id'
    ] as string;
  };
  const act = (id: string, what: string, body: unknown = { reason: 'looked at it' }) =>
    api.post(`/v1/dead-letters/${id}/${what}`, body);

  test('one is shown with its payload, and set aside with a reason that is audited', async () => {
    const id = await add('{"half":');
    expect(await get(`/v1/dead-letters/${id}`)).toMatchObject({
      state: 'open',
      payload: '{"half":',
      encoding: 'utf-8',
      headers: { a: 'b' },
      sizeBytes: 8,
    });
    expect((await act(id, 'discard', {})).status).toBe(400);
    expect(await bodyOf(await act(id, 'discard'))).toMatchObject({ state: 'discarded' });
    expect((await act(id, 'discard')).status).toBe(409);
    expect(await get(`/v1/audit?object=${id}`)).toMatchObject({
      items: [{ action: 'dead-letter-discard', reason: 'looked at it', result: 'done' }],
    });
  });

  test('bytes that are no text are shown in base64', async () => {
    const id = await add(Buffer.from([0xff, 0x00]));
    expect(await get(`/v1/dead-letters/${id}`)).toMatchObject({
      payload: '/wA=',
      encoding: 'base64',
    });
  });

  test('one that still cannot be understood stays open when it is replayed', async () => {
    const id = await add('{"half":');
    const response = await act(id, 'replay');
    expect(response.status).toBe(409);
    expect(await get(`/v1/dead-letters/${id}`)).toMatchObject({ state: 'open' });
    expect(await get(`/v1/audit?object=${id}`)).toMatchObject({
      items: [{ action: 'dead-letter-replay' }],
    });
  });

  test('a reply that is replayed carries its transaction on', async () => {
    api.answerBy(() => undefined);
    const { id: transaction } = await start({});
    const whole = {
      transaction: transaction as TransactionId,
      step: 'hold',
      direction: 'action' as const,
      attempt: 1,
      data: {},
      id: 'x',
      operation: 'hold',
      startedAt: 0,
      deadline: null,
    };
    const reply = { outcome: 'succeeded', reply: { holdId: 'h' } } as const;
    const sent = { ...whole, isRefusable: true, traceparent: null };
    const id = await add(encodeReply(sent, 'stock', { reply, at: 0 }));
    expect(await bodyOf(await act(id, 'replay'))).toMatchObject({ state: 'replayed' });
    await until(
      () => get(`/v1/transactions/${transaction as string}`),
      (body) => waitsFor(body) === 'charge',
    );
  });

  test('an unknown one is 404', async () => {
    for (const id of ['999999', 'x', '1%27--']) {
      expect((await api.request(`/v1/dead-letters/${id}`)).status).toBe(404);
    }
  });
});
