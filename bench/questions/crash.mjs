// Kills the coordinator and PostgreSQL under load: nothing acknowledged may be lost, and no participant may
// have seen a command whose transition is not durable.
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createDatabase, startPostgres, withClient } from '../../tools/postgres/index.mjs';
import { uuid7 } from '../contenders/skald-parts.mjs';
import { startApi } from '../lib/api-server.mjs';
import { startParticipant } from '../lib/ground.mjs';

const UNDER_WAY = 200;

/** @param {Awaited<ReturnType<typeof startApi>>} api */
function load(api) {
  /** @type {string[]} */
  const acknowledged = [];
  const state = { order: 0, isOver: false };
  const worker = async () => {
    while (!state.isOver) {
      const id = uuid7();
      const order = state.order++;
      const answer = await api
        .begin(id, { order, fail: order % 10 === 0, waitSeconds: 30 })
        .catch(() => undefined);
      if (!answer) return; // It is dead.
      if (answer.code === 201 && answer.status.endsWith('ed')) acknowledged.push(id);
    }
  };
  const workers = Promise.all(Array.from({ length: UNDER_WAY }, worker));
  return {
    acknowledged,
    async end() {
      state.isOver = true;
      await workers;
    },
  };
}

const DURABLE = `
  select (select count(*) from transaction_start)::int as reserve,
         count(*) filter (where step = 'reserve' and direction = 'action')::int as charge,
         count(*) filter (where step = 'charge' and direction = 'action')::int as confirm
    from transaction_event where type = 'reply-received'`;
const ENDED = `
  select count(*)::int as n from transaction
   where id = any($1::uuid[]) and status in ('completed', 'compensated')`;

/**
 * @param {string} url
 * @param {Record<string, number>} seen
 * @param {string[]} acknowledged
 */
function judge(url, seen, acknowledged) {
  return withClient(url, async (client) => {
    const durable = (await client.query(DURABLE)).rows[0];
    const kept = (await client.query(ENDED, [acknowledged])).rows[0].n;
    const uncovered = Object.entries(durable).reduce(
      (sum, [operation, count]) => sum + Math.max(0, (seen[operation] ?? 0) - count),
      0,
    );
    return { durable, lost: acknowledged.length - kept, uncovered };
  });
}

/** @param {number} seconds */
async function crashOnce(seconds) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'skald-bench-'));
  const dataDir = path.join(folder, 'postgres');
  const participant = await startParticipant({});
  let postgres = await startPostgres({ dataDir, stopWithParent: true });
  try {
    const databaseUrl = await createDatabase(postgres.url('postgres'), 'crash');
    const api = await startApi({ databaseUrl, origin: participant.origin });
    const { acknowledged, end } = load(api);
    await pause(seconds * 1000);
    await postgres.stop({ mode: 'immediate' });
    await api.kill();
    await end();
    await pause(500); // What was on its way to the participant arrives.
    const seen = await participant.counters();
    postgres = await startPostgres({ dataDir, stopWithParent: true });
    const judged = await judge(postgres.url('crash'), seen, acknowledged);
    return { acknowledged: acknowledged.length, seen, ...judged };
  } finally {
    participant.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @typedef {import('../lib/results.mjs').Row} Row */

/** @type {import('../lib/question.mjs').Question} */
export const crash = {
  name: 'crash',
  title: 'Coordinator and PostgreSQL are killed under load',
  minutes: 1,
  about: [
    'Under 200 sagas over the HTTP API, PostgreSQL is stopped as by a crash (`immediate`) and the coordinator by SIGKILL; then PostgreSQL recovers. Every saga whose end was answered must be there, and every command that the participant saw must have its transition in the history.',
  ],
  async run(bench) {
    for (let round = 1; round <= bench.effort.rounds; round++) {
      const row = await crashOnce(bench.isTiny ? 5 : 10);
      bench.save({ round, contender: 'skald-api', ...row });
      bench.say(
        `round ${round}: ${row.acknowledged} acknowledged, ${row.lost} lost, ${row.uncovered} commands without their transition`,
      );
    }
  },
  claims: [
    {
      row: 'crash',
      claim: 'acknowledged sagas lost, in all rounds',
      value: ({ rows }) => rows.reduce((sum, row) => sum + row['lost'], 0),
      ...{ must: 0, atMost: true, unit: '' },
    },
    {
      row: 'crash',
      claim: 'commands seen without a durable transition, in all rounds',
      value: ({ rows }) => rows.reduce((sum, row) => sum + row['uncovered'], 0),
      ...{ must: 0, atMost: true, unit: '' },
    },
  ],
  table: (rows) =>
    [
      '| round | acknowledged | lost | reserve seen / durable | charge | confirm |',
      '| --- | --- | --- | --- | --- | --- |',
      ...rows.map(({ round, acknowledged, lost, seen, durable }) => {
        const pair = (/** @type {string} */ of) => `${seen[of] ?? 0} / ${durable[of]}`;
        return `| ${round} | ${acknowledged} | ${lost} | ${pair('reserve')} | ${pair('charge')} | ${pair('confirm')} |`;
      }),
    ].join('\n'),
};
