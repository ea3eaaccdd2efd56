import { fastify } from 'fastify';
import helmet from 'helmet';
import { setSecurityHeaders } from './security-headers.js';

const server = fastify();
let origin: string;

beforeAll(async () => {
  setSecurityHeaders(server);
  server.get('/v1/thing', () => ({}));
  server.get('/docs', () => 'docs');
  origin = await server.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => server.close());

async function headersOf(path: string): Promise<Record<string, string>> {
  const { headers } = await fetch(`${origin}${path}`);
  return Object.fromEntries(headers);
}

function namesOfHelmet(): string[] {
  const names: string[] = [];
  const response = {
    setHeader: (name: string) => void names.push(name.toLowerCase()),
    removeHeader: () => undefined,
  };
  helmet()({} as never, response as never, () => undefined);
  return names;
}

describe.each(['/v1/thing', '/docs', '/nowhere'])('%s', (path) => {
  it('has every header of Helmet but the one that a proxy with TLS sets', async () => {
    const headers = await headersOf(path);
    const expected = namesOfHelmet().filter((name) => name !== 'strict-transport-security');
    expect(expected.length).toBeGreaterThan(8);
    expect(Object.keys(headers)).toEqual(expect.arrayContaining(expected));
    expect(headers).not.toHaveProperty('strict-transport-security');
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  });
});

describe('the policy', () => {
  async function policyOf(path: string): Promise<string[] | undefined> {
    return (await headersOf(path))['content-security-policy']?.split(';').sort();
  }

  it('lets a page have nothing but what this server serves', async () => {
    expect(await policyOf('/v1/thing')).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "font-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      "script-src 'self'",
      "style-src 'self'",
    ]);
  });

  it('lets the documentation style its elements', async () => {
    const policy = await policyOf('/docs');
    expect(policy).toContain("style-src 'self' 'unsafe-inline'");
    expect(policy).toContain("script-src 'self'");
  });
});
