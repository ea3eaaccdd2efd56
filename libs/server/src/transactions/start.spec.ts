import { randomUUID } from 'node:crypto';
import { bodyOf, GOOD, startApi, until, type Api } from '../../../../test/setup/api.js';
import { TransactionView } from './view.schema.js';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const wait = { prefer: 'wait=10' };

test('a start that is waited for answers with the final state', async () => {
  const response = await api.post('/v1/transactions', GOOD, wait);
  const body = await bodyOf(response);
  expect([response.status, body['status']]).toEqual([201, 'completed']);
  expect(body).toMatchObject({ output: { chargeId: 'c-1' }, input: { sku: 'W' } });
  expect(TransactionView.safeParse(body).error).toBeUndefined();
  expect(response.headers.get('location')).toBe(`/v1/transactions/${String(body['id'])}`);
  expect(response.headers.get('etag')).toBe(`"${String(body['version'])}"`);
  expect(response.headers.get('preference-applied')).toBe('wait=10');
  const again = await bodyOf(await api.request(`/v1/transactions/${String(body['id'])}`));
  expect(again).toEqual(body);
});

test('a rejected pivot ends a wait, too: compensated, with the business error', async () => {
  api.answerBy(({ step }) => {
    if (step === 'charge') return { outcome: 'rejected', reason: 'card-declined' };
    return { outcome: 'succeeded', reply: step === 'hold' ? { holdId: 'h' } : {} };
  });
  const response = await api.post('/v1/transactions', GOOD, wait);
  expect(response.status).toBe(201);
  expect(await bodyOf(response)).toMatchObject({
    status: 'compensated',
    output: null,
    failure: { step: 'charge', participant: 'bank', reason: 'card-declined' },
  });
});

test('a wait that runs out answers 202 with the state so far', async () => {
  api.answerBy(() => undefined);
  const response = await api.post('/v1/transactions', GOOD, { prefer: 'wait=1' });
  const body = await bodyOf(response);
  expect([response.status, body['status']]).toEqual([202, 'running']);
  expect(response.headers.get('location')).toContain(String(body['id']));
});

test('a minimal answer leaves out payloads and steps', async () => {
  const response = await api.post('/v1/transactions', GOOD, { prefer: 'return=minimal' });
  expect(response.headers.get('preference-applied')).toBe('return=minimal');
  expect(await bodyOf(response)).not.toHaveProperty('steps');
});

test('PUT: 201 new, 200 the same again however it is written, 422 another body', async () => {
  const path = `/v1/transactions/${randomUUID()}`;
  const put = (body: string) =>
    api.request(path, { method: 'PUT', headers: { 'content-type': 'application/json' }, body });
  expect((await put(JSON.stringify(GOOD))).status).toBe(201);
  expect((await put('{ "input": {"sku":"W"},\n "definition":"buy" }')).status).toBe(200);
  const other = await put(JSON.stringify({ ...GOOD, labels: { a: 'b' } }));
  expect([other.status, (await bodyOf(other))['code']]).toEqual([422, 'TRANSACTION_ID_REUSED']);
});

test('a hundred posts at once with one key start one transaction and get equal answers', async () => {
  const headers = { 'idempotency-key': `race-${randomUUID()}` };
  const body = { ...GOOD, labels: { race: headers['idempotency-key'] } };
  const posts = Array.from({ length: 100 }, () => api.post('/v1/transactions', body, headers));
  const responses = await Promise.all(posts);
  const statuses = responses.map(({ status }) => status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(1);
  expect(statuses.filter((status) => status === 200)).toHaveLength(99);
  const bodies = await Promise.all(responses.map(bodyOf));
  expect(new Set(bodies.map((one) => JSON.stringify(one))).size).toBe(1);
  const query = `label=race:${headers['idempotency-key']}&counts=true`;
  const { counts } = await bodyOf(await api.request(`/v1/transactions?${query}`));
  expect(counts).toEqual({ running: 1 });
});

test('a key with another body is refused, a key that is none names the header', async () => {
  const headers = { 'idempotency-key': 'order-77' };
  expect((await api.post('/v1/transactions', GOOD, headers)).status).toBe(201);
  const other = await api.post('/v1/transactions', { ...GOOD, labels: { x: 'y' } }, headers);
  expect([other.status, (await bodyOf(other))['code']]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  for (const key of ['two words', 'x'.repeat(256)]) {
    const wrong = await api.post('/v1/transactions', GOOD, { 'idempotency-key': key });
    expect(wrong.status).toBe(400);
    expect((await bodyOf(wrong))['detail']).toContain('Idempotency-Key');
  }
});

test('a deadline has to lie ahead, but a repeated start stays what it was', async () => {
  const past = { ...GOOD, deadline: '2020-01-01T00:00:00Z' };
  const refused = await bodyOf(await api.post('/v1/transactions', past));
  expect(refused).toMatchObject({ status: 400, errors: [{ pointer: '/deadline' }] });
  const deadline = Date.now() + 2_000;
  const soon = { ...GOOD, deadline: new Date(deadline).toISOString() };
  const headers = { 'idempotency-key': randomUUID() };
  const first = await api.post('/v1/transactions', soon, headers);
  const { id } = await bodyOf(first);
  expect(first.status).toBe(201);
  await until(
    () => Promise.resolve(Date.now()),
    (now) => now > deadline,
  );
  const again = await api.post('/v1/transactions', soon, headers);
  expect([again.status, (await bodyOf(again))['id']]).toEqual([200, id]);
});

test('unknown definitions and versions are told as such', async () => {
  for (const body of [
    { ...GOOD, definition: 'sell' },
    { ...GOOD, definitionVersion: 9 },
  ]) {
    const response = await api.post('/v1/transactions', body);
    expect(response.status).toBe(422);
    expect(await bodyOf(response)).toMatchObject({
      code: 'DEFINITION_UNKNOWN',
      errors: [{ pointer: '/definition' }],
    });
  }
});

test('everything wrong with a start is told at once, the input included', async () => {
  const labels = { 'no spaces': 'x', ok: 'a\0b', ['__' + 'x']: 'y' };
  const body = { definition: 'buy', input: { sku: 7 }, labels, deadline: 'soon', extra: 1 };
  const answer = await bodyOf(await api.post('/v1/transactions', body));
  const pointers = (answer['errors'] as { pointer: string }[]).map(({ pointer }) => pointer);
  expect(pointers).toEqual(
    expect.arrayContaining([
      '/labels/no spaces',
      '/labels/ok',
      '/deadline',
      '/extra',
      '/input/sku',
    ]),
  );
  expect(answer['detail']).toContain('input.sku: expected string, got 7');
});

test('labels are bounded in number and length', async () => {
  const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`l${i}`, 'x']));
  for (const labels of [many, { l: 'x'.repeat(257) }, { l: '\ud800' }, { l: '' }, { l: 1 }, 'x']) {
    expect((await api.post('/v1/transactions', { ...GOOD, labels })).status).toBe(400);
  }
  const most = Object.fromEntries(Object.entries(many).slice(1));
  expect((await api.post('/v1/transactions', { ...GOOD, labels: most })).status).toBe(201);
});

test('an id that is no UUID is named', async () => {
  for (const path of ['/v1/transactions/nope', '/v1/transactions/nope/history']) {
    const answer = await bodyOf(await api.request(path));
    expect(answer).toMatchObject({ status: 400, errors: [{ pointer: '/id' }] });
    expect(answer['detail']).toBe('id: expected a UUID, got "nope"');
  }
});

test('an unknown id is 404 everywhere', async () => {
  const path = `/v1/transactions/${randomUUID()}`;
  for (const below of ['', '/history', '/export']) {
    const response = await api.request(path + below);
    expect([response.status, (await bodyOf(response))['code']]).toEqual([
      404,
      'TRANSACTION_NOT_FOUND',
    ]);
  }
});
