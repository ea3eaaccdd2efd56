import { bodyOf, GOOD, itemsOf, startApi, until, type Api } from '../../../../test/setup/api.js';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const get = async (path: string) => bodyOf(await api.request(path));
const LOST = '0198c0de-0000-7000-8000-00000000dead';

/** Parked sagas: their last step is refused until somebody sees to it. */
async function parked(count: number, label: string): Promise<string[]> {
  api.answerBy(({ step }) => {
    if (step === 'notify') return { outcome: 'rejected', reason: 'no address' };
    return { outcome: 'succeeded', reply: { holdId: 'h', chargeId: 'c' } };
  });
  const start = async () => {
    const body = { ...GOOD, labels: { set: label } };
    const begun = await bodyOf(await api.post('/v1/transactions', body, { prefer: 'wait=10' }));
    expect(begun['status']).toBe('parked');
    return begun['id'] as string;
  };
  return Promise.all(Array.from({ length: count }, start));
}

const allSucceed = () =>
  api.answerBy(() => ({ outcome: 'succeeded', reply: { holdId: 'h', chargeId: 'c' } }));

const ended = (id: unknown) =>
  until(
    () => get(`/v1/batches/${id as string}`),
    ({ status }) => status !== 'running',
  );

test('a filter is previewed, then carried out, each transaction audited under the batch', async () => {
  const ids = await parked(7, 'outage');
  const asked = { action: 'retry', filter: { status: ['parked'], label: ['set:outage'] } };
  const preview = await bodyOf(await api.post('/v1/batches?preview=true', asked));
  expect(preview).toMatchObject({
    ...{ action: 'retry', matched: 7, matchedEstimated: false, checked: 7, allowed: 7 },
    ...{ refused: [], statuses: { running: 7 } },
  });
  const sample = preview['sample'] as { id: string; calls: { operation: string }[] }[];
  expect(sample).toHaveLength(5);
  expect(sample[0]?.calls.map(({ operation }) => operation)).toEqual(['notify']);

  allSucceed();
  const response = await api.post('/v1/batches', { ...asked, reason: 'address book is back' });
  expect(response.status).toBe(202);
  const batch = await bodyOf(response);
  expect(response.headers.get('location')).toBe(`/v1/batches/${batch['id'] as string}`);
  expect(batch).toMatchObject({ status: 'running', total: 7, scope: { filter: asked.filter } });
  expect(await ended(batch['id'])).toMatchObject({ status: 'done', done: 7, refused: 0 });
  for (const id of ids) {
    await until(
      () => get(`/v1/transactions/${id}`),
      ({ status }) => status === 'completed',
    );
    const audit = itemsOf(await get(`/v1/audit?object=${id}`));
    expect(audit).toHaveLength(1);
    expect(audit[0]).toMatchObject({
      ...{ action: 'retry', actor: 'local', reason: 'address book is back', result: 'done' },
      data: { batch: batch['id'] },
    });
  }
  expect(itemsOf(await get(`/v1/audit?object=${batch['id'] as string}`))).toMatchObject([
    { action: 'batch-retry', reason: 'address book is back', data: { total: 7 } },
  ]);
  expect(itemsOf(await get('/v1/batches'))[0]).toMatchObject({ id: batch['id'], total: 7 });
});

test('whether it is allowed is decided for each transaction, and what was refused says why', async () => {
  const [held = ''] = await parked(1, 'mixed');
  allSucceed();
  const done = await bodyOf(await api.post('/v1/transactions', GOOD, { prefer: 'wait=10' }));
  const ids = [held, done['id'], LOST];
  const asked = { action: 'skip', ids };
  const preview = await bodyOf(await api.post('/v1/batches?preview=true', asked));
  expect(preview).toMatchObject({ matched: 3, allowed: 1 });
  expect((preview['refused'] as unknown[]).length).toBe(2);

  const batch = await bodyOf(await api.post('/v1/batches', { ...asked, reason: 'sent by hand' }));
  const after = await ended(batch['id']);
  expect(after).toMatchObject({ status: 'done', total: 3, done: 1, refused: 2 });
  const refusals = after['refusals'] as { id: string; refusal: string }[];
  expect(refusals.map(({ id }) => id).sort()).toEqual([done['id'], LOST].sort());
  expect(refusals.find(({ id }) => id === LOST)?.refusal).toContain('no such transaction');
  expect(await get(`/v1/transactions/${held}`)).toMatchObject({ status: 'completed' });
});

test('the same request under the same key makes one batch; another body is refused', async () => {
  await parked(1, 'once');
  const asked = { action: 'cancel', reason: 'twice', filter: { label: ['set:once'] } };
  const key = { 'idempotency-key': 'batch-1' };
  const [one, two] = await Promise.all([1, 2].map(() => api.post('/v1/batches', asked, key)));
  expect((await bodyOf(one as Response))['id']).toBe((await bodyOf(two as Response))['id']);
  const other = await api.post('/v1/batches', { ...asked, reason: 'other' }, key);
  expect(await bodyOf(other)).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
});

test('a batch is stopped with a reason, and only while it runs', async () => {
  const ids = await parked(1, 'stop');
  const batch = await bodyOf(await api.post('/v1/batches', { action: 'retry', reason: 'x', ids }));
  const path = `/v1/batches/${batch['id'] as string}/cancel`;
  expect((await api.post(path, {})).status).toBe(400);
  await ended(batch['id']);
  const late = await api.post(path, { reason: 'too late' });
  expect(await bodyOf(late)).toMatchObject({ status: 409, code: 'STATE_FORBIDS' });
});

test.each([
  ['no reason', { action: 'retry', ids: [LOST] }, 'reason'],
  ['an unknown action', { action: 'resolve', reason: 'x', ids: [LOST] }, 'action'],
  ['neither ids nor filter', { action: 'retry', reason: 'x' }, 'filter'],
  ['both', { action: 'retry', reason: 'x', ids: [LOST], filter: { q: 'a' } }, 'filter'],
  ['a filter without conditions', { action: 'retry', reason: 'x', filter: {} }, 'filter'],
  ['what is no id', { action: 'retry', reason: 'x', ids: ['1'] }, 'ids'],
])('%s is refused by name', async (_what, body, name) => {
  const response = await api.post('/v1/batches', body);
  expect(response.status).toBe(400);
  expect((await bodyOf(response))['detail']).toContain(name);
});

test('a filter that finds nothing, and a batch that is none', async () => {
  const filter = { label: ['set:nowhere'] };
  const none = await api.post('/v1/batches', { action: 'retry', reason: 'x', filter });
  expect(await bodyOf(none)).toMatchObject({ code: 'STATE_FORBIDS' });
  for (const id of [LOST, 'x']) {
    expect((await api.request(`/v1/batches/${id}`)).status).toBe(404);
  }
});
