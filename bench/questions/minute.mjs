// Row 10: a minute at its own full rate, on tables that nobody has analysed.
const SLICES = 6;

/** @typedef {import('../lib/results.mjs').Row} Row */

/** @param {Row} row */
const slicesOf = (row) => /** @type {number[]} */ (row['bySlice'] ?? []);

/** @param {Row} row */
const held = (row) => {
  const slices = slicesOf(row);
  return (100 * (slices.at(-1) ?? Number.NaN)) / (slices[0] ?? Number.NaN);
};

/** @type {import('../lib/question.mjs').Question} */
export const minute = {
  name: 'minute',
  title: 'One minute at its own full rate, on fresh tables',
  minutes: 5,
  about: [
    'No `ANALYZE` before: a plan that flips while the tables grow would show. The rate in each sixth of the time.',
  ],
  entries: () => [
    {
      ...{ name: 'skald-http', module: 'contenders/skald.mjs', options: { mode: 'single' } },
      // Twelve times the usual five seconds, and warm after the usual three.
      ...{ slices: SLICES, weight: 12, warmWeight: 1 },
    },
  ],
  claims: [
    {
      row: '10',
      claim: 'rate of the last 10 s beside the first 10 s',
      value: ({ of }) => of('skald-http', held),
      must: 85,
      aim: 95,
      unit: '%',
    },
  ],
  points: (rows) => ({
    ...{ x: 'seconds', y: 'sagas per second' },
    values: rows.flatMap((row) =>
      slicesOf(row).map((rate, n) => ({
        contender: `round ${row['round']}`,
        x: ((n + 1) * Number(row['wall'])) / SLICES,
        y: rate,
      })),
    ),
  }),
};
