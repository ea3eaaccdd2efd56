// Row 13: two and four coordinators on one database, beside as many floors.
import { prepareGround } from '../lib/ground.mjs';
import { quietMachine } from '../lib/gate.mjs';
import {
  cpuSeconds,
  machineCpuSeconds,
  rounded,
  syncsOf,
  treeCpuSeconds,
} from '../lib/measure.mjs';
import { open, sessionsGone } from '../lib/rounds.mjs';

const COUNTS = [1, 2, 4];
const SHARED = 'contender_shared';
const CROWDED =
  'four coordinators, the participant and PostgreSQL share two cores and their caches, 800 sagas are under way, and no turn finds its code and data in the cache. By `perf`, compiled JavaScript and builtins of V8 take 1.7 times as long per saga, the collector 1.2 times, the kernel hardly longer. Four coordinators with a database each, which have nothing in common, take 1.6 times the CPU of one, four floors 1.5 times, one coordinator beside three processes that walk through memory 2.4 times. Flushes are nearly as full, context switches per saga no more than those of one (decision 0018). Statements per saga vary with the rounds, as each of four has a quarter of the events for its flushes; those of four floors rise to 1.8 times.';

/**
 * @typedef {import('../lib/question.mjs').Figures} Figures
 * @typedef {import('../lib/results.mjs').Row} Row
 */

/** @param {Row} row */
const coordinatorCpu = (row) => row['cpuMs'].coordinator;
/** @param {Row} row */
const statements = (row) => row['statements'];

/**
 * @param {number} count
 * @param {string} what
 * @param {(row: Row) => number} pick
 */
const besideOne = (count, what, pick) => ({
  ...{ row: '13', claim: `${count} coordinators: ${what} per saga beside one`, atMost: true },
  ...{ must: 1.3, aim: 1.1, why: CROWDED },
  value: (/** @type {Figures} */ { of }) => of(`skald-${count}`, pick) / of('skald-1', pick),
});

/**
 * Coordinators share a database; each floor has its own, since it knows of no other.
 *
 * @param {'skald' | 'floor'} kind
 * @param {number} count
 */
function databasesOf(kind, count) {
  return Array.from({ length: count }, (_, n) => (kind === 'skald' ? SHARED : `contender_${n}`));
}

/**
 * @param {import('../lib/ground.mjs').Ground} ground
 * @param {'skald' | 'floor'} kind
 * @param {readonly string[]} databases
 */
async function openAll(ground, kind, databases) {
  const options = kind === 'skald' ? { mode: 'single' } : { via: 'http' };
  const module = kind === 'skald' ? 'contenders/skald.mjs' : 'peers/floor.mjs';
  const all = [];
  for (const database of databases) {
    all.push(await open(ground, { name: kind, module, options, database }));
  }
  return all;
}

/**
 * @param {import('../lib/ground.mjs').Ground} ground
 * @param {{ kind: 'skald' | 'floor', count: number }} entry
 * @param {import('../lib/rounds.mjs').Effort} effort
 */
async function together(ground, { kind, count }, { seconds, warmSeconds, gateMs }) {
  await quietMachine(gateMs);
  const databases = databasesOf(kind, count);
  // First, since what a dropped database has committed is counted no more.
  for (const database of new Set(databases)) await ground.drop(database);
  const before = await syncsOf(ground.client);
  const all = await openAll(ground, kind, databases);
  const driveAll = (/** @type {number} */ time) => {
    const load = { seconds: time, concurrency: 200, failEvery: 10 };
    return Promise.all(all.map(({ tell }) => tell({ what: 'drive', load })));
  };
  const cpu = () => ({
    coordinator: all.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
    participant: cpuSeconds(ground.participant.pid),
    postgres: treeCpuSeconds(ground.postgres.pid),
  });
  // Each has its code to compile, and of the machine the smaller a part the more there are.
  const warm = await driveAll(warmSeconds * count);
  await ground.client.query('checkpoint');
  await ground.participant.reset();
  const [from, machineFrom] = [cpu(), machineCpuSeconds()];
  const driven = await driveAll(seconds);
  const [to, machineTo] = [cpu(), machineCpuSeconds()];
  const counters = await ground.participant.counters();
  for (const contender of all) await contender.stop();
  await sessionsGone(ground);
  const after = await syncsOf(ground.client);
  const sum = (/** @type {any[]} */ parts, /** @type {string} */ what) =>
    parts.reduce((total, part) => total + (part[what] ?? 0), 0);
  const done = sum(driven, 'done');
  const wall = Math.max(...driven.map((part) => part.wall));
  const used = { coordinator: 0, participant: 0, postgres: 0 };
  for (const who of /** @type {(keyof typeof used)[]} */ (Object.keys(used))) {
    used[who] = to[who] - from[who];
  }
  const ours = used.coordinator + used.participant + used.postgres;
  const flushed = driven.map(({ extra }) => extra ?? {});
  return {
    ...{ contender: `${kind}-${count}`, concurrency: 200 * count, done, wall },
    ...{ perSecond: rounded(done / wall, 1), bad: sum(driven, 'bad') },
    p50: Math.max(...driven.map((part) => part.p50)),
    p99: Math.max(...driven.map((part) => part.p99)),
    cpuMs: Object.fromEntries(
      Object.entries(used).map(([who, s]) => [who, rounded((s * 1000) / done)]),
    ),
    statements: rounded((after.commits - before.commits) / (done + sum(warm, 'done'))),
    fsyncs: rounded((after.syncs - before.syncs) / (done + sum(warm, 'done'))),
    rows: sum(flushed, 'rows'),
    lostRows: sum(flushed, 'lostRows'),
    calls: {
      expected: 3 * done + 2 * sum(driven, 'failing'),
      seen: Object.values(counters).reduce((total, n) => total + n, 0),
    },
    foreign: rounded((machineTo - machineFrom - ours) / wall, 2),
    ...(machineTo - machineFrom - ours > wall * 0.25 && { disturbed: true }),
  };
}

/** @type {import('../lib/question.mjs').Question} */
export const instances = {
  name: 'instances',
  title: 'Two and four coordinators on the same database',
  minutes: 5,
  about: [
    '200 under way at each, beside as many floors (which have a database each and know nothing of each other). All on the same cores, so throughput cannot grow; what a saga costs must not. Statements are those of all processes from start to stop, heartbeats and polls included.',
  ],
  async run(bench) {
    const ground = await prepareGround();
    try {
      for (let round = 1; round <= bench.effort.rounds; round++) {
        for (const count of COUNTS) {
          for (const kind of /** @type {const} */ (['skald', 'floor'])) {
            const name = `${kind}-${count}`;
            if (bench.isDone(round, name)) continue;
            const row = await together(ground, { kind, count }, bench.effort);
            bench.save({ round, ...row });
            bench.say(
              `round ${round} ${name} ${row.perSecond}/s, bad ${row.bad}, ${row.statements} statements, ${row.lostRows} of ${row.rows} rows lost, calls ${row.calls.seen} of ${row.calls.expected}`,
            );
          }
        }
      }
    } finally {
      await ground.close();
    }
  },
  claims: [
    besideOne(2, 'CPU of the coordinators', coordinatorCpu),
    besideOne(4, 'CPU of the coordinators', coordinatorCpu),
    besideOne(2, 'statements', statements),
    besideOne(4, 'statements', statements),
    {
      row: '13',
      claim: '4 coordinators: rows lost to another',
      value: ({ of }) => 100 * of('skald-4', (row) => row['lostRows'] / row['rows']),
      ...{ must: 1, atMost: true, unit: '%' },
    },
    {
      row: '13',
      claim: 'effects lost or doubled, in all rounds',
      value: ({ rows }) =>
        rows.reduce((sum, { calls, bad }) => sum + bad + Math.abs(calls.seen - calls.expected), 0),
      ...{ must: 0, atMost: true, unit: '' },
    },
  ],
};
