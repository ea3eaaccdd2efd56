import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { testDatabase, type TestDatabase } from '../../../test/setup/database.js';
import { transpile } from '../../../tools/build/transpile.mjs';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

const COORDINATOR_URL = 'http://127.0.0.1:1';

let database: TestDatabase;
let children: ChildProcess[] = [];

beforeAll(async () => {
  await transpile();
  database = await testDatabase();
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
});

afterAll(() => database.drop());

interface Told {
  readonly type: string;
  readonly port?: number;
  readonly message?: string;
}

async function run(env: Record<string, string>) {
  const child = fork(MAIN, { env, execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  children.push(child);
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const [told] = (await Promise.race([
    once(child, 'message'),
    exited.then(() => Promise.reject(new Error(`ended without a word: ${errors}`))),
  ])) as [Told];
  return {
    child,
    told,
    /** The exit code, and what was written to standard error until then. */
    ended: async () => ({ code: (await exited)[0], errors }),
  };
}

const isUp = async (port = 0) => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok;

test.each([
  ['the parent orders it', (child: ChildProcess) => child.send({ type: 'stop' })],
  ['SIGTERM comes', (child: ChildProcess) => child.kill('SIGTERM')],
  ['the parent is gone', (child: ChildProcess) => child.disconnect()],
])('tells its port, serves, and ends with 0 when %s', async (_when, stop) => {
  const { child, told, ended } = await run({
    DATABASE_URL: database.url,
    PORT: '0',
    COORDINATOR_URL,
  });
  expect(told).toEqual({ type: 'ready', port: expect.any(Number) as number });
  expect(await isUp(told.port)).toBe(true);

  child.kill('SIGINT'); // Ctrl-C reaches the whole group; the parent decides.
  expect(await isUp(told.port)).toBe(true);
  stop(child);
  expect(await ended()).toEqual({ code: 0, errors: '' });
});

test('a wrong configuration is one line, told to the parent, and exit code 2', async () => {
  const { told, ended } = await run({ PORT: 'x', DATABASE_POOL_SIZE: '0' });
  const { code, errors } = await ended();
  expect(code).toBe(2);
  expect(told.type).toBe('fatal');
  for (const name of ['PORT', 'DATABASE_URL', 'DATABASE_POOL_SIZE', 'COORDINATOR_URL']) {
    expect(told.message).toContain(name);
  }
  expect(errors).toBe(`inventory: ${told.message ?? ''}\n`);
});

test('a port in use is one line and exit code 2', async () => {
  const first = await run({ DATABASE_URL: database.url, PORT: '0', COORDINATOR_URL });
  const PORT = String(first.told.port);
  const second = await run({ DATABASE_URL: database.url, PORT, COORDINATOR_URL });
  expect(second.told).toEqual({ type: 'fatal', message: `port ${PORT} is in use` });
  expect(await second.ended()).toEqual({ code: 2, errors: `inventory: port ${PORT} is in use\n` });
});
