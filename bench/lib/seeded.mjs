// Contenders on a database that has something in it already, beside the same on an empty one.
import { migrateCoordinator } from '@skald/storage-postgres';
import { seed } from '../seed/seed.mjs';
import { prepareGround } from './ground.mjs';
import { describe } from './question.mjs';
import { measure } from './rounds.mjs';

export const EMPTY = 'contender_empty';
export const SEEDED = 'contender_seeded';

/**
 * @param {import('./question.mjs').Bench} bench
 * @param {{ transactions: number, kind: 'ended' | 'asleep', replies: number }} what
 * @param {import('./rounds.mjs').Entry[]} entries
 */
export async function runSeeded(bench, what, entries) {
  const ground = await prepareGround({ settings: { max_wal_size: '4GB' } });
  try {
    await migrateCoordinator(await ground.database(EMPTY));
    const url = await ground.database(SEEDED);
    await migrateCoordinator(url);
    const begun = performance.now();
    await seed(url, what);
    bench.say(`${what.transactions} seeded in ${Math.round((performance.now() - begun) / 1000)} s`);
    for (let round = 1; round <= bench.effort.rounds; round++) {
      for (const entry of entries) {
        if (bench.isDone(round, entry.name)) continue;
        const row = await measure(ground, entry, bench.effort);
        bench.save({ round, seeded: what.transactions, ...row });
        const { dueWorkP95Ms, beginP95Ms } = /** @type {any} */ (row.extra);
        bench.say(
          `round ${round} ${describe(row)}; due p95 ${dueWorkP95Ms}, start p95 ${beginP95Ms} ms`,
        );
      }
    }
  } finally {
    await ground.close();
  }
}
