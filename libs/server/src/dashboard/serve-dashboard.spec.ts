import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bodyOf, startApi, type Api } from '../../../../test/setup/api.js';

const PAGE = '<!doctype html><title>Skald</title><script src="/assets/main-a1b2.js"></script>';
const SCRIPT = 'document.title = "Skald";';
const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

let dir: string;
let api: Api;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'skald-dashboard-'));
  await mkdir(join(dir, 'built', 'assets'), { recursive: true });
  await writeFile(join(dir, 'secret.txt'), 'not yours');
  await writeFile(join(dir, 'built', '.hidden'), 'not yours');
  await writeFile(join(dir, 'built', 'favicon.svg'), '<svg/>');
  await writeFile(join(dir, 'built', 'assets', 'main-a1b2.js'), SCRIPT);
  await writeFile(join(dir, 'built', 'assets', 'main-a1b2.js.gz'), gzipSync(SCRIPT));
  api = await startApi({ dashboard: { dir: join(dir, 'built') } });
});
afterAll(async () => {
  await api.close();
  await rm(dir, { recursive: true });
});

const build = () => writeFile(join(dir, 'built', 'index.html'), PAGE);

test('before it is built, / says what to do', async () => {
  const response = await api.request('/', { headers: html });
  expect(response.status).toBe(404);
  expect(await response.text()).toMatch(/npm run build/);
  expect((await api.request('/transactions', { headers: html })).status).toBe(404);
});

describe('once it is built', () => {
  beforeAll(build);

  test.each([
    '/',
    '/index.html',
    '/transactions?status=parked',
    '/transactions/0198/graph',
    '/x.y',
  ])('%s answers the page, which is asked for again each time', async (path) => {
    const response = await api.request(path, { headers: html });
    expect([response.status, await response.text()]).toEqual([200, PAGE]);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
  });

  test('the page may load nothing but what this server has, and be framed by nobody', async () => {
    const { headers } = await api.request('/', { headers: html });
    const policy = (headers.get('content-security-policy') ?? '').split(';').sort();
    expect(policy).toEqual(
      [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
      ].sort(),
    );
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
  });

  test('assets carry a hash in their name and are kept for ever, compressed if wanted', async () => {
    for (const encoding of ['identity', 'gzip']) {
      const headers = { 'accept-encoding': encoding };
      const response = await api.request('/assets/main-a1b2.js', { headers });
      expect([response.status, await response.text()]).toEqual([200, SCRIPT]);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('content-type')).toMatch(/^(text|application)\/javascript/);
      expect(response.headers.get('content-encoding') ?? 'identity').toBe(encoding);
      expect(response.headers.get('vary')).toBe('accept-encoding');
    }
    const icon = await api.request('/favicon.svg');
    expect(icon.headers.get('cache-control')).toBe('no-cache');
    expect(icon.headers.get('content-type')).toMatch(/^image\/svg/);
  });

  test('what was seen already is not sent again', async () => {
    const first = await api.request('/', { headers: html });
    // fetch would add cache-control: no-cache.
    const headers = { ...html, 'if-none-match': first.headers.get('etag') ?? '' };
    const status = await new Promise((resolve) => {
      get(api.url, { headers }, ({ statusCode }) => resolve(statusCode));
    });
    expect(status).toBe(304);
  });

  test('HEAD has the headers of the page and no body', async () => {
    const response = await api.request('/', { method: 'HEAD', headers: html });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('content-length')).toBe(String(PAGE.length));
  });

  test.each([
    ['of the API', '/v1/unknown', html],
    ['below the documentation', '/docs/unknown', html],
    ['below the probes', '/health/unknown', html],
    ['that a program asks for', '/transactions', { accept: 'application/json' }],
    ['that takes anything', '/transactions', {}],
    ['of an asset that is gone', '/assets/main-0000.js', {}],
    ['with a dot before its name', '/.hidden', {}],
    ['of a folder', '/assets/', {}],
  ])('an unknown path %s stays a problem', async (_what, path, headers) => {
    const response = await api.request(path, { headers });
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await bodyOf(response)).toMatchObject({ status: 404, code: 'ROUTE_NOT_FOUND' });
  });

  test.each([
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%00',
    '/%ff',
  ])('%s leads nowhere', async (path) => {
    const text = await (await api.request(path)).text();
    expect(text).not.toContain('not yours');
    expect(JSON.parse(text)).toHaveProperty('code');
  });

  test('only reading answers the page', async () => {
    const response = await api.request('/transactions', { method: 'POST', headers: html });
    expect(response.status).toBe(404);
    expect((await api.request('/v1/audit', { method: 'POST', headers: html })).status).toBe(405);
  });

  test('the documentation keeps a policy of its own', async () => {
    const { headers } = await api.request('/docs', { headers: html });
    expect(headers.get('content-security-policy')).toContain("style-src 'self' 'unsafe-inline'");
  });
});
