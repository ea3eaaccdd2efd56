import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, renameSync } from 'node:fs';
import { rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../ports.mjs';
import { commandLine, isAlive, stopProcess } from '../processes.mjs';
import { waitFor } from '../wait.mjs';
import { findBinaries } from './binaries.mjs';
import { giveTo, unprivileged } from './unprivileged.mjs';

const START_TIMEOUT_MS = 60_000;
const LOG_LIMIT_BYTES = 20 * 1024 * 1024;

/**
 * `smart` waits for clients to leave, `fast` ends their sessions, `immediate` is a crash on purpose.
 *
 * @typedef {'smart' | 'fast' | 'immediate'} StopMode
 */

/** @type {Record<StopMode, NodeJS.Signals>} */
const STOP_SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' };

/**
 * @typedef {object} PostgresOptions
 * @property {string} dataDir Everything lies below it: `cluster/`, `password`, `server.log`.
 * @property {number} [port] Default: a free one.
 * @property {string} [log] File for the server's log. Default `<dataDir>/server.log`.
 * @property {boolean} [durable] False = no fsync. Only for databases that a test throws away: a
 *   crash of the machine may destroy them. Default true.
 * @property {boolean} [stopWithParent] The server stops when this process ends, however it ends.
 * @property {Record<string, string>} [settings] More server settings.
 */

/**
 * @typedef {object} Postgres
 * @property {number} port
 * @property {number} pid Of the postmaster.
 * @property {(database: string) => string} url Connection URL with the superuser's password.
 * @property {Promise<void>} exited Resolves when the postmaster has ended, for whatever reason.
 * @property {(options?: { mode?: StopMode }) => Promise<void>} stop Never hangs: after 15 s the
 *   server is stopped as by a crash, which costs no committed data.
 */

/**
 * Starts a PostgreSQL server for this data folder and returns when it accepts connections; makes
 * the cluster first when there is none. It listens on 127.0.0.1 only, and wants the password that
 * was drawn for this cluster. A server that an earlier run left behind is stopped first.
 *
 * @param {PostgresOptions} options
 * @returns {Promise<Postgres>}
 */
export async function startPostgres(options) {
  const { dataDir, port } = options;
  const binaries = await findBinaries();
  const { owner } = unprivileged();
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  await stopLeftover(dataDir);
  const password = passwordOf(dataDir);
  giveTo(dataDir, owner);
  if (!existsSync(clusterOf(dataDir))) await makeCluster(binaries.initdb, options);
  const log = options.log ?? join(dataDir, 'server.log');
  if (existsSync(log) && statSync(log).size > LOG_LIMIT_BYTES) truncateSync(log);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const chosen = port ?? (await freePort());
    const logStart = existsSync(log) ? statSync(log).size : 0;
    const server = launch(binaries.postgres, { ...options, port: chosen, log });
    if (await isReady(server, dataDir, deadline)) return handle(server, chosen, password);
    const reason = readFileSync(log).subarray(logStart).toString('utf8').trim();
    if (Date.now() >= deadline || !passes(reason, port)) {
      throw new Error(`PostgreSQL in ${dataDir} does not start:\n${reason}`);
    }
    await Promise.race([server.exited, stopProcess(server.pid, [])]);
  }
}

/**
 * Stops the server that runs on this data folder, by its pid file, if there is one. The number in
 * the file counts only when that process is a PostgreSQL on this very folder.
 *
 * @param {string} dataDir
 */
export async function stopLeftover(dataDir) {
  const pid = postmasterFile(dataDir)?.pid;
  if (pid === undefined) return;
  if (!isAlive(pid)) return; // PostgreSQL itself clears away the file of a dead one, with care.
  if (commandLine(pid).includes(clusterOf(dataDir))) {
    await stopProcess(pid, [
      { signal: 'SIGINT', waitMs: 10_000 },
      { signal: 'SIGQUIT', waitMs: 5_000 },
    ]);
  } else {
    rmSync(join(clusterOf(dataDir), 'postmaster.pid'), { force: true });
  }
}

/** @param {string} dataDir */
function clusterOf(dataDir) {
  return join(dataDir, 'cluster');
}

/**
 * The pid file's first line is the postmaster, the last one says how far it is.
 *
 * @param {string} dataDir
 */
function postmasterFile(dataDir) {
  try {
    const lines = readFileSync(join(clusterOf(dataDir), 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), status: (lines[7] ?? '').trim() };
  } catch {
    return undefined;
  }
}

/** @param {string} dataDir */
function passwordOf(dataDir) {
  const file = join(dataDir, 'password');
  if (!existsSync(file)) {
    const draft = `${file}.new`;
    writeFileSync(draft, randomBytes(24).toString('hex'), { mode: 0o600 });
    renameSync(draft, file);
  }
  return readFileSync(file, 'utf8').trim();
}

/**
 * Built under another name: an initdb that was interrupted leaves nothing that looks like a cluster.
 *
 * @param {string} initdb
 * @param {PostgresOptions} options
 */
async function makeCluster(initdb, { dataDir, durable = true }) {
  const draft = `${clusterOf(dataDir)}.new`;
  rmSync(draft, { recursive: true, force: true });
  const words = [
    `--pgdata=${draft}`,
    '--username=postgres',
    `--pwfile=${join(dataDir, 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    ...(durable ? [] : ['--no-sync']),
  ];
  const { prefix } = unprivileged();
  const [command = '', ...rest] = [...prefix, initdb, ...words];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], cwd: dataDir });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  /** @type {number | null} */
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`initdb in ${dataDir} failed:\n${output.trim()}`);
  renameSync(draft, clusterOf(dataDir));
}

/**
 * @param {string} binary
 * @param {PostgresOptions & { port: number, log: string }} options
 */
function launch(binary, { dataDir, port, log, durable = true, stopWithParent, settings = {} }) {
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '300',
    max_prepared_transactions: '1500',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...settings,
  };
  const words = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { prefix } = unprivileged();
  const [command = '', ...rest] = [...prefix, binary, '-D', clusterOf(dataDir), ...words];
  const file = openSync(log, 'a', 0o600);
  // Detached: Ctrl-C reaches the whole foreground group, and PostgreSQL must be the last to go.
  const child = spawn(command, rest, {
    stdio: ['ignore', file, file],
    detached: true,
    cwd: dataDir,
  });
  closeSync(file);
  /** @type {Promise<void>} */
  const exited = new Promise((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  const pid = child.pid ?? 0;
  if (stopWithParent) guard(pid, exited);
  return { pid, exited };
}

/**
 * A shell that waits for the end of its input, which comes with our own end, even by kill -9.
 *
 * @param {number} pid
 * @param {Promise<void>} exited
 */
function guard(pid, exited) {
  const shell = spawn('sh', ['-c', 'cat > /dev/null; kill -QUIT "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.unref();
  const input = /** @type {import('node:net').Socket} */ (shell.stdin);
  input.unref();
  void exited.then(() => shell.kill('SIGKILL'));
}

/**
 * False when the server ended before it was ready, or was not ready in time.
 *
 * @param {{ pid: number, exited: Promise<void> }} server
 * @param {string} dataDir
 * @param {number} deadline
 */
async function isReady(server, dataDir, deadline) {
  const ended = server.exited.then(() => false);
  const ready = waitFor(
    () => {
      const file = postmasterFile(dataDir);
      if (file?.pid === server.pid && file.status === 'ready') return true;
      return isAlive(server.pid) ? null : { gone: true };
    },
    { timeoutMs: Math.max(0, deadline - Date.now()), what: 'PostgreSQL', everyMs: 10 },
  ).then(
    (answer) => answer === true,
    () => false,
  );
  return Promise.race([ended, ready]);
}

/**
 * Trouble that passes: another process took the port that we had found free, or sessions of a
 * killed postmaster are still on their way out and hold its shared memory.
 *
 * @param {string} reason
 * @param {number | undefined} fixedPort
 */
function passes(reason, fixedPort) {
  if (/pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(reason)) {
    return true;
  }
  return fixedPort === undefined && /could not bind|Address already in use/.test(reason);
}

/**
 * @param {{ pid: number, exited: Promise<void> }} server
 * @param {number} port
 * @param {string} password
 * @returns {Postgres}
 */
function handle({ pid, exited }, port, password) {
  return {
    port,
    pid,
    exited,
    url: (database) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`,
    stop: async ({ mode = 'fast' } = {}) => {
      await stopProcess(pid, [
        { signal: STOP_SIGNALS[mode], waitMs: 15_000 },
        { signal: 'SIGQUIT', waitMs: 5_000 },
      ]);
      await exited;
    },
  };
}
