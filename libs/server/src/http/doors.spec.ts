import { request } from 'node:http';
import { connect } from 'node:net';
import { bodyOf, GOOD, startApi, type Api } from '../../../../test/setup/api.js';
import { PROBLEMS } from '@skald/core';

let api: Api;
beforeAll(async () => {
  api = await startApi({ allowedHosts: ['skald.example'] });
});
afterAll(() => api.close());

const json = { 'content-type': 'application/json' };

/** With headers that `fetch` does not let through. */
function raw(
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: {
    method?: string;
    headers?: Record<string, string | string[]> | string[];
    body?: string | Buffer;
  },
): Promise<{ status: number; code: string; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${api.url}${path}`, { method, headers: headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isProblem = response.headers['content-type']?.startsWith('application/problem+json');
        const code = isProblem ? (JSON.parse(text) as { code: string }).code : '';
        resolve({ status: response.statusCode ?? 0, code, headers: response.headers });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

test.each(['localhost', '127.0.0.1:1', '[::1]:4600', 'skald.example', 'SKALD.example:80'])(
  'the host %s is answered',
  async (host) => {
    expect((await raw('/health/live', { headers: { host } })).status).toBe(200);
  },
);

test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '0.0.0.0'])(
  'the host %s is not',
  async (host) => {
    const { status, code } = await raw('/health/live', { headers: { host } });
    expect([status, code]).toEqual([421, 'HOST_NOT_ALLOWED']);
  },
);

test('a page of another origin changes nothing, not even without a body', async () => {
  const foreign = ['http://evil.example', 'null', `${api.url}.evil.example`, 'http://localhost:1'];
  for (const origin of foreign) {
    const { status, code } = await raw('/v1/transactions', {
      method: 'POST',
      headers: { ...json, origin },
      body: JSON.stringify(GOOD),
    });
    expect([origin, status, code]).toEqual([origin, 403, 'ORIGIN_NOT_ALLOWED']);
  }
  const cross = { ...json, 'sec-fetch-site': 'cross-site' };
  const sent = { method: 'POST', headers: cross, body: JSON.stringify(GOOD) };
  expect((await raw('/v1/transactions', sent)).status).toBe(403);
  const own = await api.post('/v1/transactions', GOOD, { origin: api.url });
  expect(own.status).toBe(201);
  expect(own.headers.get('access-control-allow-origin')).toBeNull();
});

test.each([
  ['text', { 'content-type': 'text/plain' }],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['another JSON', { 'content-type': 'application/merge-patch+json' }],
  ['Latin-1', { 'content-type': 'application/json; charset=latin1' }],
  ['compressed', { ...json, 'content-encoding': 'gzip' }],
  ['no type', {}],
])('%s is 415', async (_what, headers) => {
  const sent = { method: 'POST', headers, body: JSON.stringify(GOOD) };
  const { status, code } = await raw('/v1/transactions', sent);
  expect([status, code]).toEqual([415, 'MEDIA_TYPE_UNSUPPORTED']);
});

test('a doubled content-type is 415: two parsers could choose differently', async () => {
  const { host } = new URL(api.url);
  const doubled = ['host', host, 'content-type', 'application/json', 'Content-Type', 'text/plain'];
  const sent = { method: 'POST', headers: doubled, body: JSON.stringify(GOOD) };
  expect((await raw('/v1/transactions', sent)).status).toBe(415);
});

test.each([
  ['nested 50,000 deep', '['.repeat(50_000), 400],
  ['an own __proto__', '{"definition":"buy","input":{"__proto__":{"admin":true}}}', 400],
  ['cut off', '{"definition":"buy"', 400],
  ['not UTF-8', Buffer.from('7b22c3287d', 'hex'), 400],
  ['empty', '', 400],
  ['null', 'null', 400],
  ['a list', '[]', 400],
  ['a million keys', `{${'"a":1,'.repeat(30_000)}"a":1}`, 400],
  ['too large', ' '.repeat(300_000), 413],
  ['10 MB', 'x'.repeat(10_000_000), 413],
])('a body %s is refused at once and harms nothing', async (_what, body, expected) => {
  const sent = { method: 'POST', headers: json, body };
  const answer = await raw('/v1/transactions', sent).catch((error: unknown) => error);
  // A large upload may find the connection closed before it could read the answer.
  if (!(answer instanceof Error)) expect(answer).toMatchObject({ status: expected });
  expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  expect((await api.request('/health/live')).status).toBe(200);
});

test('known paths take known methods only', async () => {
  for (const [method, path, allow] of [
    ['DELETE', '/v1/transactions', 'GET, HEAD, POST'],
    ['GET', '/v1/transactions/0198c0de-0000-7000-8000-000000000001/cancel', 'POST'],
    ['PATCH', '/health/live', 'GET, HEAD'],
  ] as const) {
    const response = await api.request(path, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    expect((await bodyOf(response))['code']).toBe('METHOD_NOT_ALLOWED');
  }
});

test.each([
  '/',
  '/v1',
  '/v1/nothing',
  '/docs/assets/package.json',
  '/docs/assets/..%2fpackage.json',
])('%s is a problem document with 404', async (path) => {
  const response = await api.request(path);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(await bodyOf(response)).toMatchObject({ status: 404, code: 'ROUTE_NOT_FOUND' });
});

test('broken URLs and broken HTTP are answered as problems, too', async () => {
  expect((await raw('/%zz', {})).code).toBe('REQUEST_INVALID');
  expect((await raw(`/v1/transactions/${'x'.repeat(600)}`, {})).code).toBe('REQUEST_INVALID');
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1', () => {
      socket.write('nonsense\r\n\r\n');
    });
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('close', () => {
      resolve(text);
    });
    socket.on('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*urn:skald:problem:REQUEST_INVALID/);
});

test('every answer carries the security headers, errors and refusals included', async () => {
  const refused = await raw('/v1/x', { headers: { host: 'evil.example' } });
  const found = await raw('/v1/definitions', {});
  const missing = await raw('/v1/x', {});
  for (const { headers } of [refused, found, missing]) {
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['content-security-policy']).toMatch(
      /default-src 'none'.*frame-ancestors 'none'/,
    );
    expect(headers['x-powered-by'] ?? headers['server']).toBeUndefined();
  }
});

test('no problem tells a stack', async () => {
  const { title } = PROBLEMS.REQUEST_INVALID;
  const text = await (await api.post('/v1/transactions', 5)).text();
  expect(text).toContain(title);
  expect(text).not.toMatch(/node_modules|\.ts:|\.js:/);
});
