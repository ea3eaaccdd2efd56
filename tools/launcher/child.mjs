import { fork } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, openSync, closeSync, statSync } from 'node:fs';
import { truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { UsageError } from './options.mjs';

const HOLD = fileURLToPath(new URL('./hold.mjs', import.meta.url));
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const LOG_LIMIT_BYTES = 20 * 1024 * 1024;

/**
 * A process that serves. `stop` never hangs. `pid` is null for one in a container.
 *
 * @typedef {{ pid: number | null, port?: number, exited: Promise<void>, stop: () => Promise<void> }} Running
 */

/**
 * @typedef {object} ChildOptions
 * @property {string} name
 * @property {string} main Path of the script.
 * @property {NodeJS.ProcessEnv} env
 * @property {string} log File for its output.
 * @property {(line: string) => void} report Gets each line of its standard error.
 * @property {Promise<unknown>} [after] The process gets ready at once, but `main` begins only then.
 */

/**
 * Starts a Node process of ours and returns when it serves. The contract: over the IPC channel it
 * sends `{ type: 'ready', port }`, or `{ type: 'fatal', message }` and ends when its configuration
 * is wrong; it ends after `{ type: 'stop' }`, and when the channel closes.
 *
 * @param {ChildOptions} options
 * @param {AbortSignal} [signal] Gives up a start that is still under way.
 * @returns {Promise<Running>}
 */
export async function startChild({ name, main, env, log, report, after }, signal) {
  signal?.throwIfAborted();
  const output = openLog(log);
  const [script, ...args] = after ? [HOLD, main] : [main];
  const child = fork(script, args, { env, execArgv: [], stdio: ['ignore', output, 'pipe', 'ipc'] });
  closeSync(output);
  const errors = child.stderr ? forward(child.stderr, log, report) : undefined;
  /** @type {Promise<void>} */
  const exited = new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const kill = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', kill);
  const port = await (after ?? Promise.resolve())
    .then(() => {
      if (after && child.connected) child.send({ type: 'go' }, () => undefined);
      return untilReady(child, name);
    })
    .catch(async (error) => {
      kill();
      await exited;
      // A wrong configuration is told in one line; the child has written the same into its log.
      if (!(error instanceof UsageError)) errors?.release();
      throw error;
    })
    .finally(() => signal?.removeEventListener('abort', kill));
  errors?.release();
  return {
    pid: child.pid ?? null,
    exited,
    ...(port === undefined ? {} : { port }),
    stop: async () => {
      if (child.connected) child.send({ type: 'stop' }, () => undefined);
      else kill();
      const timer = setTimeout(kill, STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** @param {string} path */
function openLog(path) {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path) && statSync(path).size > LOG_LIMIT_BYTES) truncateSync(path);
  return openSync(path, 'a');
}

/**
 * Standard error goes into the log like the rest, and, once released, to whoever looks at the
 * launcher.
 *
 * @param {import('node:stream').Readable} stream
 * @param {string} log
 * @param {(line: string) => void} report
 */
function forward(stream, log, report) {
  const file = createWriteStream(log, { flags: 'a' });
  const lines = createInterface({ input: stream });
  /** @type {string[]} */
  const held = [];
  let show = (/** @type {string} */ line) => {
    held.push(line);
  };
  lines.on('line', (line) => {
    file.write(`${line}\n`);
    show(line);
  });
  lines.once('close', () => file.end());
  return {
    release() {
      show = report;
      held.splice(0).forEach(report);
    },
  };
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {string} name
 * @returns {Promise<number | undefined>}
 */
function untilReady(child, name) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${name} was not ready after ${START_TIMEOUT_MS / 1000} s`));
    }, START_TIMEOUT_MS);
    const clear = () => clearTimeout(timer);
    child.on(
      'message',
      (/** @type {{ type?: string, port?: number, message?: string }} */ message) => {
        if (message.type === 'ready') resolve(message.port);
        if (message.type === 'fatal') reject(new UsageError(`${name}: ${message.message ?? ''}`));
        clear();
      },
    );
    const onClose = () => {
      const how = child.signalCode ?? `exit code ${child.exitCode}`;
      reject(new Error(`${name} ended before it was ready (${how})`));
      clear();
    };
    child.once('error', reject);
    child.once('close', onClose);
    if (child.exitCode !== null || child.signalCode !== null) onClose(); // While it was held.
  });
}
