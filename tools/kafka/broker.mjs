import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve as absolute } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../ports.mjs';
import { commandLine, isAlive, stopProcess } from '../processes.mjs';
import { waitFor } from '../wait.mjs';
import { answers } from './answers.mjs';
import { startContainer, hasDocker } from './container.mjs';
import { canFetchJars, canInstall, ensureJars, findJava, installJava } from './jars.mjs';
import { serverProperties } from './properties.mjs';

const run = promisify(execFile);
const START_TIMEOUT_MS = 60_000;
const FORMAT_TIMEOUT_MS = 60_000;
const LOG_LIMIT_BYTES = 20 * 1024 * 1024;

/**
 * @typedef {object} BrokerOptions
 * @property {string} dir Everything lies below it: `data/`, `server.properties`, `broker.log`,
 *   `broker.pid`.
 * @property {number} [port] Default: a free one.
 * @property {number} [heapMb] Default 256.
 * @property {(line: string) => void} [log] Hears what takes long: fetching, installing.
 * @property {number} [stopWith] The broker stops when this process ends, however it ends.
 */

/**
 * @typedef {object} Broker
 * @property {string[]} brokers Bootstrap addresses, `127.0.0.1:port`.
 * @property {number} port
 * @property {number | null} pid Null when it runs in a container.
 * @property {Promise<void>} exited Resolves when the broker has ended, for whatever reason.
 * @property {(options?: { mode?: 'smart' | 'immediate' }) => Promise<void>} stop Never hangs: after
 *   15 s the broker is killed. `immediate` is a crash on purpose.
 */

/**
 * Starts one Apache Kafka broker (KRaft, its own controller) on this folder and returns when it
 * takes requests; formats the folder first when it is new. It listens on 127.0.0.1 only. A broker
 * that an earlier run left behind on this folder is stopped first, and its data are kept.
 *
 * Needs Java 17 and, the first time, Maven; installs both where it may, else uses a running docker.
 *
 * @param {BrokerOptions} options
 * @returns {Promise<Broker>}
 */
export async function startBroker(options) {
  const dir = absolute(options.dir);
  mkdirSync(dir, { recursive: true });
  await stopLeftoverBroker(dir);
  const java = await resolveJava(options.log);
  if (java === null)
    return startContainer({ ...options, dir, port: options.port ?? (await freePort()) });
  options.log?.('resolving the jars of Apache Kafka');
  const runtime = { java, libs: await ensureJars() };
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const port = options.port ?? (await freePort());
    await prepare(dir, port, runtime);
    const server = launch(dir, runtime, options);
    if (await isReady(server, dir, { port, deadline })) return handle(server, dir, port);
    await stopProcess(server.pid, []);
    const reason = readLog(dir).split('\n').slice(-15).join('\n').trim();
    const passes = options.port === undefined && /Address already in use/.test(reason);
    if (Date.now() >= deadline || !passes) {
      throw new Error(`Apache Kafka in ${dir} does not start:\n${reason}`);
    }
  }
}

/**
 * Stops the broker that runs on this folder, by its pid file, if there is one. The number in the
 * file counts only when that process is a Kafka on this very folder.
 *
 * @param {string} dir
 */
export async function stopLeftoverBroker(dir) {
  const file = join(absolute(dir), 'broker.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8'));
  if (pid > 0 && commandLine(pid).includes(propertiesOf(absolute(dir)))) {
    await stopProcess(pid, [{ signal: 'SIGTERM', waitMs: 15_000 }]);
  }
  rmSync(file, { force: true });
}

/**
 * The java to use; null = docker it is.
 *
 * @param {BrokerOptions['log']} log
 * @returns {Promise<string | null>}
 */
async function resolveJava(log) {
  const java = await findJava();
  if (java !== null && (await canFetchJars())) return java;
  if (await canInstall()) {
    log?.('installing Java and Maven by apt-get');
    await installJava();
    const installed = await findJava();
    if (installed !== null) return installed;
  }
  if (await hasDocker()) return null;
  throw new Error(
    'A Kafka broker needs Java 17 or later and Maven, which are not here, and no docker runs ' +
      'either. Install them (Debian: apt-get install openjdk-17-jdk-headless maven; macOS: brew ' +
      'install openjdk@17 maven), or start docker, or set KAFKA_BROKERS=host:port to use a ' +
      'cluster that runs already.',
  );
}

/** @param {string} dir */
function propertiesOf(dir) {
  return join(dir, 'server.properties');
}

/**
 * @param {string} dir
 * @param {number} port
 * @param {{ java: string, libs: string }} runtime
 */
async function prepare(dir, port, { java, libs }) {
  const data = join(dir, 'data');
  const controllerPort = await freePort();
  writeFileSync(propertiesOf(dir), serverProperties({ port, controllerPort, data }));
  if (existsSync(join(data, 'meta.properties'))) return;
  rmSync(data, { recursive: true, force: true }); // Half formatted by a run that was interrupted.
  const id = randomBytes(16).toString('base64url').replace(/^-/, 'A'); // Not to look like an option.
  const words = ['-XX:TieredStopAtLevel=1', '-cp', join(libs, '*'), 'kafka.tools.StorageTool'];
  await run(java, [...words, 'format', '-t', id, '-c', propertiesOf(dir)], {
    timeout: FORMAT_TIMEOUT_MS,
  });
}

/**
 * @param {string} dir
 * @param {{ java: string, libs: string }} runtime
 * @param {BrokerOptions} options
 */
function launch(dir, { java, libs }, { heapMb = 256, stopWith }) {
  const log = join(dir, 'broker.log');
  if (existsSync(log) && statSync(log).size > LOG_LIMIT_BYTES) truncateSync(log);
  const logStart = existsSync(log) ? statSync(log).size : 0;
  const words = [
    `-Xmx${heapMb}m`,
    '-XX:+UseSerialGC',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
    ...['-cp', join(libs, '*'), 'kafka.Kafka', propertiesOf(dir)],
  ];
  const file = openSync(log, 'a', 0o600);
  // Detached: Ctrl-C reaches the whole foreground group, and the broker must outlive its clients.
  // Its log is a file and not a pipe, which would break when whoever started it ends first.
  const child = spawn(java, words, { stdio: ['ignore', file, file], detached: true, cwd: dir });
  closeSync(file);
  child.unref();
  /** @type {Promise<void>} */
  const exited = new Promise((done) => {
    child.once('error', () => done());
    child.once('exit', () => done());
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${java} cannot be run`);
  writeFileSync(join(dir, 'broker.pid'), String(pid));
  if (stopWith !== undefined) guard(pid, stopWith);
  return { pid, exited, logStart, child };
}

/**
 * A shell that sees the other process end, even by kill -9, and then stops the broker. It goes by
 * itself when the broker does.
 *
 * @param {number} pid
 * @param {number} stopWith
 */
function guard(pid, stopWith) {
  const script =
    'while kill -0 "$0" && kill -0 "$1"; do sleep 1; done 2>/dev/null; kill -TERM "$0" 2>/dev/null';
  spawn('sh', ['-c', script, String(pid), String(stopWith)], {
    stdio: 'ignore',
    detached: true,
  }).unref();
}

/**
 * False when the broker ended before it was ready, or was not ready in time.
 *
 * @param {{ pid: number, exited: Promise<void>, logStart: number }} server
 * @param {string} dir
 * @param {{ port: number, deadline: number }} until
 */
async function isReady(server, dir, { port, deadline }) {
  const ended = server.exited.then(() => false);
  const ready = waitFor(
    async () => {
      if (!isAlive(server.pid)) return { gone: true };
      const started = readLog(dir, server.logStart).includes('Kafka Server started');
      return started && (await answers(port)) ? true : null;
    },
    { timeoutMs: Math.max(0, deadline - Date.now()), what: 'Kafka', everyMs: 50 },
  ).then(
    (answer) => answer === true,
    () => false,
  );
  return Promise.race([ended, ready]);
}

/**
 * @param {string} dir
 * @param {number} [from]
 */
function readLog(dir, from = 0) {
  const log = join(dir, 'broker.log');
  return existsSync(log) ? readFileSync(log).subarray(from).toString('utf8') : '';
}

/**
 * @param {ReturnType<typeof launch>} server
 * @param {string} dir
 * @param {number} port
 * @returns {Broker}
 */
function handle({ pid, exited, child }, dir, port) {
  return {
    brokers: [`127.0.0.1:${port}`],
    port,
    pid,
    exited,
    stop: async ({ mode = 'smart' } = {}) => {
      /** @type {{ signal: NodeJS.Signals, waitMs: number }[]} */
      const steps = mode === 'smart' ? [{ signal: 'SIGTERM', waitMs: 15_000 }] : [];
      child.ref(); // Else the event loop may run empty before the exit is seen.
      await stopProcess(pid, steps);
      await exited;
      const file = join(dir, 'broker.pid');
      if (existsSync(file) && readFileSync(file, 'utf8') === String(pid)) rmSync(file);
    },
  };
}
