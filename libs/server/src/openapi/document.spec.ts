import { PROBLEMS } from '@skald/core';
import { bodyOf, startApi, type Api } from '../../../../test/setup/api.js';
import { CONTROLLERS } from '../skald.module.js';
import { descriptionOf } from './describe.js';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

const document = async () => bodyOf(await api.request('/openapi.json'));
const operations = async () =>
  Object.entries((await document())['paths'] as Paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );

test('it is OpenAPI 3.1 and every reference leads somewhere', async () => {
  const whole = await document();
  expect(whole['openapi']).toBe('3.1.0');
  const text = JSON.stringify(whole);
  const { schemas } = whole['components'] as { readonly schemas: object };
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    expect(Object.keys(schemas)).toContain(name);
  }
  expect(text).not.toContain('#/$defs/');
});

test('every handler of every controller is described, under an id of its own', async () => {
  for (const controller of CONTROLLERS) {
    const prototype = controller.prototype as Record<string, object>;
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const handler = prototype[name] as object;
      if (name === 'constructor' || !Reflect.hasMetadata('path', handler)) continue;
      expect([controller.name, name, descriptionOf(handler) !== undefined]).toEqual([
        controller.name,
        name,
        true,
      ]);
    }
  }
  const ids = (await operations()).map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

test('every documented route exists, and takes exactly the documented methods', async () => {
  const byPath = new Map<string, string[]>();
  for (const { path, method } of await operations()) {
    byPath.set(path, [...(byPath.get(path) ?? []), method.toUpperCase()]);
  }
  for (const [path, methods] of byPath) {
    const real = path.replaceAll(/\{\w+\}/g, '0198c0de-0000-7000-8000-000000000001');
    const { status, headers } = await api.request(real, { method: 'PATCH' });
    expect([path, status]).toEqual([path, 405]);
    const allowed = (headers.get('allow') ?? '').split(', ').filter((method) => method !== 'HEAD');
    expect([path, allowed]).toEqual([path, methods.sort()]);
  }
});

test('the routes of the design are there', async () => {
  const routes = (await operations()).map(({ method, path }) => `${method} ${path}`);
  expect(routes).toEqual(
    expect.arrayContaining([
      'put /v1/transactions/{id}',
      'post /v1/transactions',
      'get /v1/transactions',
      'get /v1/transactions/{id}',
      'get /v1/transactions/{id}/history',
      'get /v1/transactions/{id}/export',
      ...['cancel', 'retry', 'skip', 'resolve'].map((name) => `post /v1/transactions/{id}/${name}`),
      'get /v1/definitions',
      'get /v1/definitions/{name}',
      ...['participants', 'attention', 'stats', 'stream', 'audit'].map((name) => `get /v1/${name}`),
      'get /v1/dead-letters',
      'post /v1/dead-letters/{id}/replay',
      'post /v1/dead-letters/{id}/discard',
      'get /health/live',
      'get /health/ready',
    ]),
  );
});

test('every problem it documents is of the table, with its status', async () => {
  const seen = new Set<string>();
  for (const { operation } of await operations()) {
    for (const [status, { description }] of Object.entries(operation.responses)) {
      for (const code of description.match(/^[A-Z_]+(, [A-Z_]+)*$/)
        ? description.split(', ')
        : []) {
        expect(PROBLEMS).toHaveProperty(code);
        expect(String(PROBLEMS[code as keyof typeof PROBLEMS].status)).toBe(status);
        seen.add(code);
      }
    }
  }
  // What concerns no single route: 404 and 405 of the router.
  const others = Object.keys(PROBLEMS).filter((code) => !seen.has(code));
  expect(others).toEqual(['METHOD_NOT_ALLOWED']);
});

test('Swagger UI is served whole, under a policy of its own', async () => {
  const page = await api.request('/docs');
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.headers.get('content-security-policy')).toContain("style-src 'self' 'unsafe-inline'");
  const html = await page.text();
  const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '');
  expect(links.length).toBeGreaterThan(2);
  for (const link of links) expect((await api.request(link)).status).toBe(200);
});
