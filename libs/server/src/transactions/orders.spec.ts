import { replay, type HistoryEntry, type PinnedDefinition, type TransactionId } from '@skald/core';
import {
  bodyOf,
  GOOD,
  itemsOf,
  startApi,
  until,
  waitsFor,
  type Api,
  type Body,
} from '../../../../test/setup/api.js';
import { PreviewView } from './order-request.js';
import { buy } from './history.fixture.js';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/** A transaction whose charge nobody answers. */
async function hanging(): Promise<string> {
  api.answerBy(({ step }) =>
    step === 'hold' ? { outcome: 'succeeded', reply: { holdId: 'h' } } : undefined,
  );
  return begin((body) => waitsFor(body) === 'charge');
}

/** One whose hold nobody answers: it can still turn back. */
async function holding(): Promise<string> {
  api.answerBy(({ direction }) =>
    direction === 'compensation' ? { outcome: 'succeeded', reply: {} } : undefined,
  );
  return begin(() => true);
}

/** One that was declined and whose compensation is refused: parked. */
async function parked(): Promise<string> {
  api.answerBy(({ step, direction }) => {
    if (direction === 'compensation') return { outcome: 'rejected', reason: 'shipped' };
    if (step === 'charge') return { outcome: 'rejected', reason: 'card-declined' };
    return { outcome: 'succeeded', reply: { holdId: 'h' } };
  });
  return begin((body) => body['status'] === 'parked');
}

async function begin(isThere: (body: Body) => boolean): Promise<string> {
  const begun = await bodyOf(await api.post('/v1/transactions', GOOD));
  const id = begun['id'] as string;
  await until(() => get(id), isThere);
  return id;
}

const get = async (id: string) => bodyOf(await api.request(`/v1/transactions/${id}`));
const order = (id: string, path: string, body: unknown, headers = {}) =>
  api.post(`/v1/transactions/${id}/${path}`, body, headers);
const audit = async (id: string) =>
  itemsOf(await bodyOf(await api.request(`/v1/audit?object=${id}`)));

test('a cancel before the point of no return turns back and is audited', async () => {
  const id = await holding();
  const response = await order(id, 'cancel', { reason: 'changed my mind' });
  expect(response.status).toBe(202);
  expect(await bodyOf(response)).toMatchObject({ id, failure: { outcome: 'cancelled' } });
  await until(
    () => get(id),
    ({ status }) => status === 'compensated',
  );
  expect(await audit(id)).toMatchObject([
    { action: 'cancel', actor: 'local', reason: 'changed my mind', result: 'done' },
  ]);
});

test('a cancel after it is refused with 409, and audited all the same', async () => {
  const id = await hanging();
  const response = await order(id, 'cancel', { reason: 'too late' });
  expect([response.status, (await bodyOf(response))['code']]).toEqual([409, 'STATE_FORBIDS']);
  const [row] = await until(
    () => audit(id),
    (rows) => rows.length > 0,
  );
  expect(row).toMatchObject({ action: 'cancel', reason: 'too late' });
  expect(row?.['result']).not.toBe('done');
});

test('a preview tells what would follow and does nothing', async () => {
  const id = await parked();
  const before = await get(id);
  const response = await order(id, 'retry?preview=true', {});
  expect([response.status, response.headers.get('etag')]).toEqual([
    200,
    `"${before['version'] as number}"`,
  ]);
  const preview = await bodyOf(response);
  expect(PreviewView.safeParse(preview).error).toBeUndefined();
  expect(preview).toMatchObject({
    version: before['version'] as number,
    allowed: true,
    refusal: null,
    status: 'compensating',
    calls: [{ step: 'hold', direction: 'compensation', participant: 'stock', operation: 'free' }],
  });
  const refused = await bodyOf(await order(id, 'cancel?preview=true', {}));
  expect(refused).toMatchObject({ allowed: false });
  expect(refused['refusal']).toContain('compensating already');
  expect(await get(id)).toEqual(before);
  expect(await audit(id)).toEqual([]);
});

test('If-Match guards an order: stale 412, malformed 400, right 202', async () => {
  const id = await parked();
  const { version } = await get(id);
  const reason = { reason: 'stock found' };
  const stale = await order(id, 'retry', reason, { 'if-match': '"1"' });
  expect([stale.status, (await bodyOf(stale))['code']]).toEqual([412, 'VERSION_MISMATCH']);
  const stalePreview = await order(id, 'retry?preview=true', reason, { 'if-match': '"1"' });
  expect(stalePreview.status).toBe(412);
  expect((await order(id, 'retry', reason, { 'if-match': 'seven' })).status).toBe(400);
  const right = await order(id, 'retry', reason, { 'if-match': `"${version as number}"` });
  expect(right.status).toBe(202);
});

test('skip and resolve carry a parked transaction on', async () => {
  const skipped = await parked();
  const answer = await bodyOf(await order(skipped, 'skip', { reason: 'by hand', step: 'hold' }));
  expect(answer).toMatchObject({ status: 'compensated', parked: null });
  const resolved = await parked();
  const body = { reason: 'the stock is back', outcome: 'succeeded' };
  expect(await bodyOf(await order(resolved, 'resolve', body))).toMatchObject({
    status: 'compensated',
  });
});

test.each([
  ['cancel', {}, '/reason'],
  ['cancel', { reason: '   ' }, '/reason'],
  ['retry', { reason: 'x'.repeat(501) }, '/reason'],
  ['retry', { reason: 'a\0b' }, '/reason'],
  ['retry', { reason: 'x', step: 'hold' }, '/step'],
  ['skip', { reason: 'x', step: 'No Name' }, '/step'],
  ['resolve', { reason: 'x' }, '/outcome'],
  ['resolve', { reason: 'x', outcome: 'maybe' }, '/outcome'],
])('%s with %j names %s', async (path, body, pointer) => {
  const response = await order('0198c0de-0000-7000-8000-000000000001', path, body);
  expect(response.status).toBe(400);
  expect(await bodyOf(response)).toMatchObject({ errors: [{ pointer }] });
});

test('history comes in pages, each row once', async () => {
  const id = await parked();
  const path = `/v1/transactions/${id}/history`;
  const whole = await bodyOf(await api.request(path));
  expect(whole['nextAfter']).toBeNull();
  const rows: unknown[] = [];
  for (let after: number | null = 0; after !== null;) {
    const page = await bodyOf(await api.request(`${path}?limit=2&after=${after}`));
    rows.push(...itemsOf(page));
    after = page['nextAfter'] as number | null;
  }
  expect(rows).toEqual(whole['items']);
  expect(rows.map((row) => (row as Body)['type'])).toEqual([
    'started',
    'reply-received',
    'reply-received',
    'reply-received',
  ]);
});

test('an export replays to the row it was made of', async () => {
  const id = await parked();
  const file = await bodyOf(await api.request(`/v1/transactions/${id}/export`));
  const begun = { id: id as TransactionId, definition: file['definition'] as PinnedDefinition };
  const replayed = replay(buy, begun, file['history'] as HistoryEntry[]);
  const { status, version, seq, state } = replayed;
  expect({ status, version, seq, state }).toEqual(file['ends']);
  expect(file).toMatchObject({ format: 'skald.export.v1', input: { sku: 'W' } });
});
