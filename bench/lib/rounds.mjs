// Measures contenders one after the other, again and again, each time in a fresh process on a fresh
// database: noise hits all alike, and nothing of one round is left in the next.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../../tools/wait.mjs';
import { QUIET, quietMachine } from './gate.mjs';
import { cpuSeconds, machineCpuSeconds, rounded } from './measure.mjs';
import { syncsOf, treeCpuSeconds, walOf } from './measure.mjs';
import { ask } from './process.mjs';

/**
 * @typedef {object} Entry One contender under one load.
 * @property {string} name Of the entry, within its question.
 * @property {string} module Below bench/.
 * @property {Record<string, unknown>} [options]
 * @property {number} [concurrency] Default 200.
 * @property {number} [failEvery] Default 10; 0 = none compensates.
 * @property {number} [weight] Of its seconds; slow ones need more.
 * @property {number} [warmWeight] Of its seconds of warm-up; default as `weight`.
 * @property {boolean} [countsCalls] Whether the trivial participant is what it calls. Default true.
 * @property {string} [needs] Why it cannot run here, if so.
 * @property {string} [database] One that exists and is kept, instead of a new one.
 * @property {number} [slices] In how many parts of the time its ends are counted.
 *
 * @typedef {object} Effort
 * @property {number} rounds
 * @property {number} seconds
 * @property {number} warmSeconds
 * @property {number} gateMs How long to wait for a quiet machine.
 * @property {number} again How often a disturbed measurement is repeated.
 * @property {number | undefined} [rate] Starts per second, where the load is an open loop.
 */

const HOST = new URL('./host.mjs', import.meta.url);
const DATABASE = 'contender';

/**
 * @param {import('./ground.mjs').Ground} ground
 * @param {Entry} entry
 * @param {Effort} effort
 */
export async function measure(ground, entry, effort) {
  for (let attempt = 1; ; attempt++) {
    const row = await once(ground, entry, effort);
    const isDisturbed = row.foreign > QUIET;
    if (!isDisturbed || attempt > effort.again) {
      return { ...row, ...(isDisturbed && { disturbed: true }) };
    }
  }
}

/**
 * @param {import('./ground.mjs').Ground} ground
 * @param {Entry} entry
 * @param {Effort} effort
 */
async function once(ground, entry, { seconds, warmSeconds, gateMs }) {
  const { name, concurrency = 200, failEvery = 10, weight = 1, slices = 0 } = entry;
  const { warmWeight = weight } = entry;
  const busyBefore = await quietMachine(gateMs);
  const contender = await open(ground, entry);
  const load = { concurrency, failEvery };
  const syncsBefore = await syncsOf(ground.client);
  try {
    const warm = await contender.tell({
      what: 'drive',
      load: { ...load, seconds: warmSeconds * warmWeight },
    });
    await ground.client.query('checkpoint');
    await ground.participant.reset();
    const before = await look(ground, contender.pids);
    const driven = /** @type {import('./drive.mjs').Driven & { extra?: object }} */ (
      await contender.tell({
        what: 'drive',
        load: { ...load, slices, seconds: seconds * weight },
      })
    );
    const after = await look(ground, contender.pids);
    const calls = entry.countsCalls === false ? undefined : await reconcile(ground, driven);
    const { wrong } = await contender.tell({ what: 'check' });
    const { heapUsed, rss } = await contender.tell({ what: 'memory' });
    await contender.stop();
    const synced = await syncsSince(ground, syncsBefore, warm.done + driven.done);
    return {
      ...{ contender: name, concurrency, failEvery, ...driven },
      ...perSaga(before, after, driven),
      ...synced,
      ...{ calls, wrong, busyBefore, server: await ground.version() },
      memoryMb: { heap: rounded(heapUsed / 2 ** 20, 1), resident: rounded(rss / 2 ** 20, 1) },
    };
  } finally {
    await contender.stop();
  }
}

/**
 * Starts a contender in a process of its own.
 *
 * @param {import('./ground.mjs').Ground} ground
 * @param {Entry} entry
 */
export async function open(ground, { module, options = {}, database }) {
  const { origin, pid: participant } = ground.participant;
  if (!database) await ground.drop(DATABASE);
  const databaseUrl = await ground.database(database ?? DATABASE);
  const host = ask(HOST, { execArgv: ['--expose-gc'] });
  const path = fileURLToPath(new URL(`../${module}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`there is no ${module}`);
  const brokers = ground.broker?.brokers;
  const all = { databaseUrl, origin, brokers, topics: `b${Date.now()}`, ...options };
  const { pids } = await host.tell({ what: 'start', module: path, options: all });
  const broker = ground.broker?.pid;
  return {
    ...host,
    databaseUrl,
    pids: /** @type {Record<string, number>} */ ({
      // A coordinator in the same process as the load that is put on it.
      [pids.coordinator ? 'driver' : 'coordinator']: host.pid,
      participant,
      ...(broker && { broker }),
      ...pids,
    }),
  };
}

/**
 * @param {import('./ground.mjs').Ground} ground
 * @param {Record<string, number>} pids
 */
async function look({ client, postgres }, pids) {
  const { bytes, writes } = await walOf(client);
  /** @type {Record<string, number>} */
  const cpu = { postgres: treeCpuSeconds(postgres.pid) };
  for (const [who, pid] of Object.entries(pids)) cpu[who] = cpuSeconds(pid);
  return { bytes, writes, cpu, machine: machineCpuSeconds() };
}

/**
 * @param {Awaited<ReturnType<typeof look>>} before
 * @param {Awaited<ReturnType<typeof look>>} after
 * @param {import('./drive.mjs').Driven} driven
 */
function perSaga(before, after, { done, wall }) {
  const used = Object.keys(after.cpu).map((who) => ({
    who,
    seconds: (after.cpu[who] ?? 0) - (before.cpu[who] ?? 0),
  }));
  const ours = used.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    cpuMs: Object.fromEntries(
      used.map(({ who, seconds }) => [who, rounded((seconds * 1000) / done)]),
    ),
    cores: Object.fromEntries(used.map(({ who, seconds }) => [who, rounded(seconds / wall, 2)])),
    foreign: rounded((after.machine - before.machine - ours) / wall, 2),
    walBytes: Math.round((after.bytes - before.bytes) / done),
    commits: rounded((after.writes - before.writes) / done),
  };
}

/**
 * What it cost altogether, warm-up included, known once all its sessions are gone.
 *
 * @param {import('./ground.mjs').Ground} ground
 * @param {{ syncs: number, commits: number }} before
 * @param {number} sagas
 */
async function syncsSince({ client, drop }, before, sagas) {
  await sessionsGone({ client });
  const after = await syncsOf(client);
  await drop(DATABASE);
  return {
    fsyncs: rounded((after.syncs - before.syncs) / sagas),
    statements: rounded((after.commits - before.commits) / sagas),
  };
}

/**
 * Three calls a saga; one that fails makes two more to undo.
 *
 * @param {import('./ground.mjs').Ground} ground
 * @param {import('./drive.mjs').Driven} driven
 */
async function reconcile({ participant }, { done, failing }) {
  const counters = await participant.counters();
  const seen = Object.values(counters).reduce((sum, count) => sum + count, 0);
  return { expected: 3 * done + 2 * failing, seen };
}

/**
 * Only then its backends have told what they did.
 *
 * @param {Pick<import('./ground.mjs').Ground, 'client'>} ground
 */
export async function sessionsGone({ client }) {
  // Autovacuum may work there for longer.
  const sessions = `select from pg_stat_activity
                     where datname like $1 and backend_type = 'client backend'`;
  const gone = async () => (await client.query(sessions, [`${DATABASE}%`])).rowCount === 0;
  await waitFor(gone, { timeoutMs: 10_000, what: 'the sessions to end' });
}
