// The dashboard under load: what watching costs the coordinator, and how the pages take it.
import { setTimeout as pause } from 'node:timers/promises';
import { buildDashboard, DASHBOARD_DIST } from '../../tools/build/dashboard.mjs';
import { uuid7 } from '../contenders/skald-parts.mjs';
import { startApi } from '../lib/api-server.mjs';
import { prepareGround } from '../lib/ground.mjs';
import { cpuSeconds, quantile, rounded } from '../lib/measure.mjs';
import { watch } from '../lib/watcher.mjs';
import { markdown, shown } from '../report/tables.mjs';

const PER_SECOND = 1_000;
const SECONDS = 60;
const TICK_MS = 10;
const DATABASE = 'contender';

/** @typedef {import('../lib/ground.mjs').Ground} Ground */
/** @typedef {{ perSecond: number, seconds: number }} Load */

/**
 * Starts at this rate whatever comes back, awaits all ends.
 *
 * @param {Awaited<ReturnType<typeof startApi>>} api
 * @param {Load} load
 */
async function push(api, { perSecond, seconds }) {
  /** @type {number[]} */
  const took = [];
  let bad = 0;
  /** @type {Promise<void>[]} */
  const under = [];
  const one = async (/** @type {number} */ order) => {
    const at = performance.now();
    const answer = await api
      .begin(uuid7(), { order, waitSeconds: 60 })
      .catch(() => ({ code: 0, status: '' }));
    if (answer.code === 201 && answer.status === 'completed') took.push(performance.now() - at);
    else bad++;
  };
  const begun = performance.now();
  let sent = 0;
  while (performance.now() - begun < seconds * 1000) {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    while (sent < due) under.push(one(sent++));
    await pause(TICK_MS);
  }
  await Promise.all(under);
  const wall = (performance.now() - begun) / 1000;
  took.sort((a, b) => a - b);
  const at = (/** @type {number} */ q) => rounded(quantile(took, q), 1);
  return { done: took.length, bad, wall: rounded(wall), p50: at(0.5), p99: at(0.99) };
}

/**
 * @param {Ground} ground
 * @param {Load} load
 * @param {boolean} isWatched
 */
async function once(ground, load, isWatched) {
  await ground.drop(DATABASE);
  const databaseUrl = await ground.database(DATABASE);
  const { origin } = ground.participant;
  const api = await startApi({ databaseUrl, origin, mode: 'batch', dashboard: DASHBOARD_DIST });
  try {
    const watcher = isWatched ? await watch(api.origin) : undefined;
    // The code is warm, and the pages have rows, before it counts.
    await push(api, { ...load, seconds: Math.min(10, load.seconds) });
    await watcher?.begin();
    const before = cpuSeconds(api.pid);
    const driven = await push(api, load);
    const coordinator = rounded(((cpuSeconds(api.pid) - before) * 1000) / driven.done);
    const seen = await watcher?.end();
    const perSecond = rounded(driven.done / driven.wall, 1);
    return { ...driven, offered: load.perSecond, perSecond, cpuMs: { coordinator }, ...seen };
  } finally {
    await api.stop();
  }
}

const CROWDED =
  'two pages of a browser and their load share two cores and their caches with the coordinator. By two V8 profiles of 60 s, one round, it takes 39 us more per saga when watched. Of these, 12 are in `writev`, 2 in the code of the stream and its doors; the other 25 are a tenth to a fifth more of nearly everything it does for a saga anyway: decisions, undici, pg, garbage. The ratio was 1.06 in a run on a quieter machine, and 1.10 to 1.19 in the rounds of this one.';

/** @type {import('../lib/question.mjs').Question} */
export const live = {
  name: 'live',
  title: 'The overview and the list of the dashboard open under load',
  minutes: 9,
  about: [
    `An open loop starts ${PER_SECOND.toLocaleString('en-US')} sagas per second (\`--rate\`) for ${SECONDS} s through the API, alternately with nobody watching and with a Chromium that has both pages open. Browser, load and participant share the machine with the coordinator: offered load, not the most it can do.`,
  ],
  async run(bench) {
    buildDashboard();
    const tiny = { perSecond: 50, seconds: 3 };
    const { perSecond, seconds } = bench.isTiny
      ? tiny
      : { perSecond: PER_SECOND, seconds: SECONDS };
    const load = { perSecond: bench.effort.rate ?? perSecond, seconds };
    const ground = await prepareGround();
    try {
      for (let round = 1; round <= bench.effort.rounds; round++) {
        for (const contender of ['nobody', 'watched']) {
          if (bench.isDone(round, contender)) continue;
          const row = await once(ground, load, contender === 'watched');
          bench.save({ round, contender, ...row });
          bench.say(`round ${round} ${contender} ${JSON.stringify(row)}`);
        }
      }
    } finally {
      await ground.close();
    }
  },
  claims: [
    {
      row: 'live',
      claim: "the coordinator's CPU per saga, watched beside not",
      value: ({ of }) => of('watched', cpuOf) / of('nobody', cpuOf),
      ...{ must: 1.1, atMost: true, why: CROWDED },
    },
    {
      row: 'live',
      claim: 'p95 of long tasks of the pages',
      value: ({ of }) => of('watched', (row) => row['longTaskP95Ms']),
      ...{ must: 200, atMost: true, unit: 'ms' },
    },
    {
      row: 'live',
      claim: 'growth of the heap of a page',
      value: ({ of }) => of('watched', (row) => row['heapGrowthMb']),
      ...{ must: 50, atMost: true, unit: 'MB' },
    },
  ],
  table: (rows) =>
    markdown(
      [
        ...['round', 'who looks', 'offered per second', 'carried', 'bad', 'p50 ms', 'p99 ms'],
        ...['CPU ms', 'long tasks', 'their p95, ms', 'heap after, MB', 'growth, MB'],
      ],
      rows.map((row) => [
        ...[String(row['round']), String(row['contender'])],
        ...['offered', 'perSecond', 'bad', 'p50', 'p99'].map((key) => shown(row[key])),
        shown(cpuOf(row)),
        ...['longTasks', 'longTaskP95Ms'].map((key) => shown(row[key])),
        (row['heapAfterMb'] ?? []).join(', '),
        shown(row['heapGrowthMb']),
      ]),
    ),
};

/** @param {import('../lib/results.mjs').Row} row */
function cpuOf(row) {
  return row['cpuMs']?.coordinator;
}
