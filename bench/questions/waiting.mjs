// Row 12: a million transactions that wait for a retry far away.
import { EMPTY, runSeeded, SEEDED } from '../lib/seeded.mjs';

const SKALD = { module: 'contenders/skald.mjs', options: { mode: 'single' } };

/** @type {import('../lib/question.mjs').Question} */
export const waiting = {
  name: 'waiting',
  title: 'One million transactions wait for a retry hours away',
  minutes: 4,
  about: [
    'Seeded by SQL. The same load on this database and on an empty one; memory is the heap of the coordinator (with its load) after a garbage collection.',
  ],
  run: (bench) =>
    runSeeded(
      bench,
      { transactions: bench.isTiny ? 10_000 : 1_000_000, kind: 'asleep', replies: 1 },
      [
        { name: 'skald-empty', ...SKALD, database: EMPTY },
        { name: 'skald-waiting', ...SKALD, database: SEEDED },
      ],
    ),
  claims: [
    {
      row: '12',
      claim: 'memory of the coordinator grows by',
      value: ({ of }) =>
        of('skald-waiting', (row) => row['memoryMb'].heap) -
        of('skald-empty', (row) => row['memoryMb'].heap),
      ...{ must: 50, aim: 0, atMost: true, unit: 'MB' },
    },
    {
      row: '12',
      claim: 'rate beside the empty database',
      value: ({ rate }) => (100 * rate('skald-waiting')) / rate('skald-empty'),
      ...{ must: 90, unit: '%' },
    },
  ],
};
