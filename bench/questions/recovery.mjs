// Row 14: a coordinator is killed with 100,000 transactions in flight.
import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '../../tools/wait.mjs';
import { uuid7 } from '../contenders/skald-parts.mjs';
import { startApi } from '../lib/api-server.mjs';
import { prepareGround } from '../lib/ground.mjs';
import { quantile, rounded } from '../lib/measure.mjs';
import { withClient } from '../../tools/postgres/index.mjs';

const STARTERS = 200;
const PARTICIPANT_LIMIT = 1_000;
const LIMITS = { maxInFlight: 200_000, maxInFlightPerParticipant: PARTICIPANT_LIMIT };
/** Nothing times out while the participant is held up. */
const TIMING = { timeoutMs: 3_600_000 };
const NOT_MOVED =
  "select count(*)::int as n from transaction where version = 1 and status = 'running'";

/**
 * @param {Awaited<ReturnType<typeof startApi>>} api
 * @param {number} count
 */
async function startMany(api, count) {
  let order = 0;
  const worker = async () => {
    while (order < count) await api.begin(uuid7(), { order: order++ });
  };
  await Promise.all(Array.from({ length: STARTERS }, worker));
}

/**
 * Twenty starts a second, until told to stop.
 *
 * @param {Awaited<ReturnType<typeof startApi>>} api
 */
function trickle(api) {
  /** @type {Promise<number>[]} */
  const all = [];
  const timer = setInterval(() => {
    const at = performance.now();
    all.push(api.begin(uuid7(), { order: all.length }).then(() => performance.now() - at));
  }, 50);
  return async () => {
    clearInterval(timer);
    const latencies = (await Promise.all(all)).sort((a, b) => a - b);
    return { starts: latencies.length, startP99Ms: rounded(quantile(latencies, 0.99), 1) };
  };
}

/** @param {number} count */
async function recoverOnce(count) {
  const ground = await prepareGround({ answerAfterMs: 3_600_000 });
  try {
    const databaseUrl = await ground.database('contender');
    const options = {
      ...{ databaseUrl, origin: ground.participant.origin },
      ...{ mode: 'batch', limits: LIMITS, timing: TIMING },
    };
    const first = await startApi(options);
    await startMany(first, count);
    await first.kill();
    await ground.participant.pace(0);
    const at = performance.now();
    const second = await startApi(options);
    const startedMs = performance.now() - at;
    const stop = trickle(second);
    /** @type {number[][]} */
    const curve = [];
    await withClient(databaseUrl, (client) =>
      waitFor(
        async () => {
          const { rows } = await client.query(NOT_MOVED);
          curve.push([rounded((performance.now() - at) / 1000, 1), rows[0].n]);
          return rows[0].n <= 20; // The trickle's own.
        },
        { timeoutMs: 300_000, what: 'all to move', everyMs: 500 },
      ),
    );
    const movedSeconds = rounded((performance.now() - at) / 1000, 1);
    const latency = await stop();
    await pause(100);
    await second.stop();
    return { inFlight: count, movedSeconds, upMs: Math.round(startedMs), ...latency, curve };
  } finally {
    await ground.close();
  }
}

/** @type {import('../lib/question.mjs').Question} */
export const recovery = {
  name: 'recovery',
  title: 'A coordinator is killed with 100,000 transactions in flight',
  minutes: 6,
  about: [
    `A participant that does not answer holds them all at their first step; the coordinator gets SIGKILL, the participant answers again, and a new coordinator starts. Moving is: past the first step. At most ${PARTICIPANT_LIMIT.toLocaleString('en-US')} commands to the participant at once (the default), batched envelopes. Time counts from the start of the new process, the dead one's lease of 5 s included; twenty new transactions a second are started meanwhile.`,
  ],
  async run(bench) {
    const count = bench.isTiny ? 2_000 : 100_000;
    for (let round = 1; round <= bench.effort.rounds; round++) {
      if (bench.isDone(round, 'skald-api')) continue;
      const row = await recoverOnce(count);
      bench.save({ round, contender: 'skald-api', ...row });
      bench.say(
        `round ${round}: ${count} move after ${row.movedSeconds} s, starts p99 ${row.startP99Ms} ms of ${row.starts}`,
      );
    }
  },
  claims: [
    {
      row: '14',
      claim: 'all are moving after',
      value: ({ of }) => of('skald-api', (row) => row['movedSeconds']),
      ...{ must: 60, aim: 30, atMost: true, unit: 's' },
    },
    {
      row: '14',
      claim: 'p99 of new starts meanwhile',
      value: ({ of }) => of('skald-api', (row) => row['startP99Ms'] / 1000),
      ...{ must: 2, atMost: true, unit: 's' },
    },
  ],
  table: (rows) =>
    [
      '| round | in flight | moving after, s | new starts | their p99, ms |',
      '| --- | --- | --- | --- | --- |',
      ...rows.map(
        (row) =>
          `| ${row['round']} | ${row['inFlight']} | ${row['movedSeconds']} | ${row['starts']} | ${row['startP99Ms']} |`,
      ),
    ].join('\n'),
  points: (rows) => ({
    ...{ x: 'seconds since the new process was started', y: 'still at their first step' },
    values: rows.flatMap(({ round, curve }) =>
      curve.map((/** @type {number[]} */ [x, y]) => ({ contender: `round ${round}`, x, y })),
    ),
  }),
};
