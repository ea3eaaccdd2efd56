// Row 9: a disk whose fsync takes 2 ms longer.
import { prepareGround } from '../lib/ground.mjs';
import { describe } from '../lib/question.mjs';
import { measure } from '../lib/rounds.mjs';

const SLOWER_US = 2000;

const LANE =
  'no CPU is full. A flush takes 2 ms longer, and the next one, which is handed over when that one is nearly done, waits for it on the same connection (decision 0007): 150 flushes of 97 rows in a second. Of 200 under way half are in the flush, the others wait for the next one or are at participants. With more under way a flush carries more. Two connections would let one flush be executed while another is synced, but syncs of one server follow each other.';

/**
 * @param {number} concurrency
 * @param {{ must: number, aim: number }} bars
 */
const kept = (concurrency, bars) => ({
  ...{ row: '9', claim: `of its throughput kept at ${concurrency} under way`, unit: '%', ...bars },
  why: LANE,
  value: (/** @type {import('../lib/question.mjs').Figures} */ { rate }) =>
    (100 * rate(`skald-${concurrency}-slow`)) / rate(`skald-${concurrency}`),
});

/** @type {import('../lib/question.mjs').Question} */
export const slowFsync = {
  name: 'slow-fsync',
  title: 'Every fsync of PostgreSQL takes 2 ms longer',
  minutes: 4,
  about: [
    'Two servers side by side, on one of them each `fsync` and `fdatasync` takes 2 ms longer (a preloaded library), as on a disk behind a network. The same saga over HTTP, at 200 and at 500 under way.',
  ],
  async run(bench) {
    const normal = await prepareGround();
    const slow = await prepareGround({ slowSyncUs: SLOWER_US });
    const grounds = { '': normal, '-slow': slow };
    try {
      for (let round = 1; round <= bench.effort.rounds; round++) {
        for (const concurrency of [200, 500]) {
          for (const [suffix, ground] of Object.entries(grounds)) {
            const name = `skald-${concurrency}${suffix}`;
            if (bench.isDone(round, name)) continue;
            const module = 'contenders/skald.mjs';
            const entry = { name, module, options: { mode: 'single' }, concurrency };
            const row = await measure(ground, entry, bench.effort);
            bench.save({ round, ...row });
            bench.say(`round ${round} ${describe(row)}`);
          }
        }
      }
    } finally {
      await normal.close();
      await slow.close();
    }
  },
  claims: [kept(200, { must: 70, aim: 85 }), kept(500, { must: 85, aim: 95 })],
};
