// Row 15: three times the load that slow participants can take.
import { setTimeout as pause } from 'node:timers/promises';
import { uuid7 } from '../contenders/skald-parts.mjs';
import { startApi } from '../lib/api-server.mjs';
import { prepareGround } from '../lib/ground.mjs';
import { quantile, residentMb, rounded } from '../lib/measure.mjs';

/** 90 at once for 100 ms are 900 calls, so 300 sagas, per second. */
const SLOW = { answerAfterMs: 100, atOnce: 90 };
const CAPACITY = 300;
const MAX_IN_FLIGHT = 600;
const TICK_MS = 20;
const GIVE_UP_SECONDS = 120;

/** @typedef {{ accepted: number[], rejected: number, unhinted: number, other: Record<string, number> }} Seen */

/** @returns {Seen} */
const nothing = () => ({ accepted: [], rejected: 0, unhinted: 0, other: {} });

/**
 * Starts at this rate whatever comes back; awaits all ends.
 *
 * @param {Awaited<ReturnType<typeof startApi>>} api
 * @param {number} perSecond
 * @param {number} seconds
 */
async function push(api, perSecond, seconds) {
  const seen = nothing();
  /** @type {Promise<void>[]} */
  const under = [];
  const begun = performance.now();
  let sent = 0;
  let highestMb = 0;
  const one = async (/** @type {number} */ order) => {
    const at = performance.now();
    const answer = await api
      .begin(uuid7(), { order, waitSeconds: 60 })
      .catch((error) => ({ code: String(error.code), status: '', retryAfter: undefined }));
    if (answer.code === 201 && answer.status === 'completed') {
      seen.accepted.push(performance.now() - at);
    } else if (answer.code === 503) {
      seen.rejected++;
      if (answer.retryAfter === undefined) seen.unhinted++;
    } else {
      const what = `${answer.code} ${answer.status}`;
      seen.other[what] = (seen.other[what] ?? 0) + 1;
    }
  };
  while (performance.now() - begun < seconds * 1000) {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    while (sent < due) under.push(one(sent++));
    if (sent % 50 === 0) highestMb = Math.max(highestMb, residentMb(api.pid));
    await pause(TICK_MS);
  }
  await Promise.all(under);
  seen.accepted.sort((a, b) => a - b);
  return { ...seen, highestMb };
}

/**
 * Seconds until a saga takes no longer than twice as long as one does when there is nothing else; no longer
 * than we care to wait.
 *
 * @param {Awaited<ReturnType<typeof startApi>>} api
 * @param {number} aloneMs
 */
async function backToNormal(api, aloneMs) {
  const begun = performance.now();
  for (;;) {
    const at = performance.now();
    const { code } = await api.begin(uuid7(), { order: 0, waitSeconds: 60 });
    const seconds = (performance.now() - begun) / 1000;
    const isNormal = code === 201 && performance.now() - at < 2 * aloneMs;
    if (isNormal || seconds > GIVE_UP_SECONDS) return rounded(seconds, 1);
    await pause(200);
  }
}

/** @param {number} seconds */
async function overloadOnce(seconds) {
  const ground = await prepareGround(SLOW);
  try {
    const databaseUrl = await ground.database('contender');
    const limits = { maxInFlight: MAX_IN_FLIGHT };
    const api = await startApi({ databaseUrl, origin: ground.participant.origin, limits });
    await push(api, 50, Math.min(5, seconds));
    const alone = await push(api, 20, Math.min(10, seconds));
    // As much as it can take at once, and no more than the participants carry.
    const full = await push(api, CAPACITY, Math.min(30, seconds));
    const over = await push(api, 3 * CAPACITY, seconds);
    const aloneMs = quantile(alone.accepted, 0.5);
    const normalAfter = await backToNormal(api, aloneMs);
    await api.stop();
    const p99 = (/** @type {Seen} */ { accepted }) => rounded(quantile(accepted, 0.99), 1);
    return {
      ...{ seconds, aloneP50Ms: rounded(aloneMs, 1), fullP99Ms: p99(full), overP99Ms: p99(over) },
      ...{ accepted: over.accepted.length, rejected: over.rejected, unhinted: over.unhinted },
      ...{ other: over.other, highestMb: rounded(over.highestMb, 0), normalAfter },
    };
  } finally {
    await ground.close();
  }
}

/** @param {import('../lib/results.mjs').Row} row */
const unexpected = ({ unhinted, other }) =>
  Object.values(/** @type {Record<string, number>} */ (other)).reduce((a, b) => a + b, unhinted);

/** @type {import('../lib/question.mjs').Question} */
export const overload = {
  name: 'overload',
  title: 'Three times the load that slow participants can take, for five minutes',
  minutes: 7,
  about: [
    `The participant answers after 100 ms, 90 at once: about ${CAPACITY} sagas per second. The coordinator keeps at most ${MAX_IN_FLIGHT} in flight, two seconds of work. An open loop first starts as many per second as can be carried, then three times as many, through the API with \`Prefer: wait\`. One round.`,
  ],
  async run(bench) {
    const row = await overloadOnce(bench.isTiny ? 5 : 300);
    bench.save({ round: 1, contender: 'skald-api', ...row });
    bench.say(JSON.stringify(row));
  },
  claims: [
    {
      row: '15',
      claim: 'answers that are neither an end nor 503 with Retry-After',
      value: ({ of }) => of('skald-api', unexpected),
      ...{ must: 0, atMost: true, unit: '' },
    },
    {
      row: '15',
      claim: 'p99 of the accepted beside that at full capacity',
      value: ({ of }) => of('skald-api', (row) => row['overP99Ms'] / row['fullP99Ms']),
      ...{ must: 2, atMost: true },
    },
    {
      row: '15',
      claim: 'most memory of the coordinator',
      value: ({ of }) => of('skald-api', (row) => row['highestMb']),
      ...{ must: 512, atMost: true, unit: 'MB' },
    },
    {
      row: '15',
      claim: 'back to normal after',
      value: ({ of }) => of('skald-api', (row) => row['normalAfter']),
      ...{ must: 30, atMost: true, unit: 's' },
    },
  ],
  table: ([row]) =>
    [
      '| accepted | rejected by 503 | other answers | p99 at capacity, ms | p99 of the accepted, ms | most memory, MB | back to normal, s |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      row
        ? `| ${row['accepted']} | ${row['rejected']} | ${unexpected(row)} | ${row['fullP99Ms']} | ${row['overP99Ms']} | ${row['highestMb']} | ${row['normalAfter']} |`
        : '',
    ].join('\n'),
};
