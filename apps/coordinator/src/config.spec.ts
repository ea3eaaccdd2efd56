import { expectGenerated, tableOfVariables } from '../../../test/setup/generated-docs.js';
import { ConfigurationError, Environment, loadConfig } from './config.js';

const DATABASE_URL = 'postgres://skald@127.0.0.1:5432/skald';
const load = (more: Record<string, string> = {}) => loadConfig({ DATABASE_URL, ...more });

test('one database URL is enough, and everything else is safe by default', () => {
  expect(load({ SKALD_LOG_LEVEL: '' })).toMatchObject({
    PORT: 4600,
    HOST: '127.0.0.1',
    SKALD_PARTICIPANTS: {},
    SKALD_LEASE_MS: 5_000,
    SKALD_LOG_LEVEL: 'info',
  });
  expect(Object.isFrozen(load())).toBe(true);
});

test('participants are read in all their forms', () => {
  const text =
    'order=http://127.0.0.1:4601; payment=https://pay.example:8443#batch;stock=kafka;mail=kafka:batch;';
  const { SKALD_PARTICIPANTS } = load({ SKALD_PARTICIPANTS: text, KAFKA_BROKERS: 'a:1, b:2' });
  expect(SKALD_PARTICIPANTS).toEqual({
    order: { transport: 'http', origin: 'http://127.0.0.1:4601', mode: 'single' },
    payment: { transport: 'http', origin: 'https://pay.example:8443', mode: 'batch' },
    stock: { transport: 'kafka', mode: 'single' },
    mail: { transport: 'kafka', mode: 'batch' },
  });
});

test('every wrong variable is named at once, on one line', () => {
  const wrong = {
    DATABASE_URL: 'mysql://x',
    PORT: '70000',
    SKALD_PARTICIPANTS: 'Order=http://x;stock=ftp://x',
    SKALD_LEASE_MS: '1e3',
    SKALD_LOG_LEVEL: 'loud',
  };
  const message = messageOf(() => loadConfig(wrong));
  expect(message).not.toContain('\n');
  for (const name of Object.keys(wrong)) expect(message).toContain(name);
  expect(message).toContain('stock=ftp://x');
});

test.each(['0.0.0.0', '::', '192.168.1.5', 'example.org', '127.evil.example', '1.2.7.0'])(
  'listening on %s is refused as long as there is no authentication',
  (HOST) => {
    expect(messageOf(() => load({ HOST }))).toMatch(/HOST: .*not loopback.*SKALD_INSECURE_NO_AUTH/);
    expect(load({ HOST, SKALD_INSECURE_NO_AUTH: 'i-understand' }).HOST).toBe(HOST);
    expect(messageOf(() => load({ HOST, SKALD_INSECURE_NO_AUTH: 'yes' }))).toContain(
      'i-understand',
    );
  },
);

test.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('listening on %s is allowed', (HOST) => {
  expect(load({ HOST }).HOST).toBe(HOST);
});

test.each([
  'javascript:alert(1)//{traceId}',
  'https://x.example/',
  '//x/{traceId}',
  'ftp://x/{traceId}',
])('a link for pages leads to a page over http and names what is looked at, unlike %s', (url) => {
  expect(messageOf(() => load({ SKALD_TRACE_URL: url }))).toContain('SKALD_TRACE_URL');
  expect(messageOf(() => load({ SKALD_LOG_URL: url }))).toContain('SKALD_LOG_URL');
  const SKALD_TRACE_URL = 'http://127.0.0.1:16686/trace/{traceId}';
  expect(load({ SKALD_TRACE_URL })).toMatchObject({ SKALD_TRACE_URL });
});

test('a participant on Kafka needs brokers', () => {
  expect(messageOf(() => load({ SKALD_PARTICIPANTS: 'a=kafka' }))).toContain('KAFKA_BROKERS');
});

test('docs/reference/configuration.md has every variable, as it is', async () => {
  const table = tableOfVariables(Environment);
  await expectGenerated('docs/reference/configuration.md', 'coordinator', table);
});

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return 'accepted';
}
