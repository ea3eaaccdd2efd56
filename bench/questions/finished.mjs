// Row 11: five million finished transactions in the tables.
import { EMPTY, runSeeded, SEEDED } from '../lib/seeded.mjs';

const SKALD = { module: 'contenders/skald.mjs', options: { mode: 'single' } };

/** @typedef {import('../lib/question.mjs').Figures} Figures */

/**
 * @param {string} claim
 * @param {'dueWorkP95Ms' | 'beginP95Ms'} what
 */
const under5Ms = (claim, what) => ({
  ...{ row: '11', claim, must: 5, atMost: true, unit: 'ms' },
  value: (/** @type {Figures} */ { of }) => of('skald-finished-alone', (row) => row['extra'][what]),
});

/** @type {import('../lib/question.mjs').Question} */
export const finished = {
  name: 'finished',
  title: 'Five million finished transactions in the tables',
  minutes: 15,
  about: [
    'Seeded by SQL, with four rows of history each. The same load on this database and on an empty one. `-alone`: one at a time, where p95 of the look for due work and of a start (durable, in process) is taken.',
  ],
  run: (bench) =>
    runSeeded(
      bench,
      { transactions: bench.isTiny ? 10_000 : 5_000_000, kind: 'ended', replies: 3 },
      [
        { name: 'skald-empty', ...SKALD, database: EMPTY },
        { name: 'skald-finished', ...SKALD, database: SEEDED },
        { name: 'skald-finished-alone', ...SKALD, database: SEEDED, concurrency: 1 },
      ],
    ),
  claims: [
    {
      row: '11',
      claim: 'rate beside the empty database',
      value: ({ rate }) => (100 * rate('skald-finished')) / rate('skald-empty'),
      ...{ must: 85, aim: 95, unit: '%' },
    },
    under5Ms('p95 of the look for due work', 'dueWorkP95Ms'),
    under5Ms('p95 of a start', 'beginP95Ms'),
  ],
};
