import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { testDatabase, type TestDatabase } from '../../../test/setup/database.js';
import { transpile } from '../../../tools/build/transpile.mjs';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

let database: TestDatabase;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  await transpile();
  database = await testDatabase();
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});
afterAll(() => database.drop());

interface Told {
  readonly type: string;
  readonly port?: number;
  readonly message?: string;
}

interface Started {
  readonly child: ChildProcess;
  /** The first thing it told. */
  readonly told: Promise<Told>;
  readonly exit: Promise<number | null>;
  readonly errors: () => string;
}

function start(env: Record<string, string> = {}): Started {
  const child = fork(MAIN, {
    env: { PATH: process.env['PATH'], DATABASE_URL: database.url, PORT: '0', ...env }, // eslint-disable-line no-restricted-properties -- a child needs to find node
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  });
  children.add(child);
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return {
    child,
    told: once(child, 'message').then(([message]) => message as Told),
    exit: once(child, 'exit').then(([status]) => status as number | null),
    errors: () => errors,
  };
}

const live = async (port = 0) => (await fetch(`http://127.0.0.1:${port}/health/ready`)).status;

test('it tells its port once it is ready, ignores Ctrl-C, and ends when it is told to', async () => {
  const { child, told, exit } = start();
  const { type, port } = await told;
  expect([type, await live(port)]).toEqual(['ready', 200]);
  child.kill('SIGINT');
  expect(await live(port)).toBe(200);
  child.send({ type: 'stop' });
  expect(await exit).toBe(0);
});

test('it ends when its launcher is gone', async () => {
  const { child, told, exit } = start();
  expect((await told).type).toBe('ready');
  child.disconnect();
  expect(await exit).toBe(0);
});

test('it ends in order on SIGTERM, although a stream is open', async () => {
  const { child, told, exit } = start();
  const { port = 0 } = await told;
  const stream = await fetch(`http://127.0.0.1:${port}/v1/stream`);
  expect(stream.status).toBe(200);
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  await stream.text().catch(() => '');
});

test('a wrong configuration is told in one line, with status 2', async () => {
  const { told, exit, errors } = start({ DATABASE_URL: 'mysql://x', HOST: '0.0.0.0' });
  const { type, message } = await told;
  expect(type).toBe('fatal');
  expect(message).toMatch(/DATABASE_URL/);
  expect(await exit).toBe(2);
  expect(errors().trim().split('\n')).toHaveLength(1);
});

test.each([
  ['without authentication it stays on loopback', { HOST: '0.0.0.0' }, 'not loopback'],
  [
    'participants off this machine have to be listed',
    { SKALD_PARTICIPANTS: 'a=http://10.0.0.1:1' },
    'SKALD_ALLOWED_ORIGINS',
  ],
])('%s', async (_what, env, told) => {
  const started = start(env);
  expect(await started.told).toMatchObject({
    type: 'fatal',
    message: expect.stringContaining(told) as string,
  });
  expect(await started.exit).toBe(2);
});

test('a port in use is one line and status 2', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { told, exit } = start({ PORT: String(port) });
  expect(await told).toMatchObject({
    type: 'fatal',
    message: `PORT: ${port} on 127.0.0.1 is in use`,
  });
  expect(await exit).toBe(2);
  other.close();
});
