// Two-phase commit and TCC beside a saga over the same three services, and what a prepared branch costs.
const MODULE = 'contenders/skald-booking.mjs';
const BRANCHES = 3;

/**
 * @param {string} name
 * @param {string} definition
 * @param {Partial<import('../lib/rounds.mjs').Entry>} [more]
 */
const entry = (name, definition, more = {}) => ({
  ...{ name, module: MODULE, options: { definition }, countsCalls: false },
  ...more,
});

/** @typedef {import('../lib/question.mjs').Figures} Figures */

/**
 * What two-phase needs more of something than the saga, for each branch.
 *
 * @param {(row: import('../lib/results.mjs').Row) => number} pick
 */
const moreAPerBranch =
  (pick) =>
  (/** @type {Figures} */ { of }) =>
    (of('two-phase', pick) - of('saga', pick)) / BRANCHES;

/** @param {import('../lib/results.mjs').Row} row */
const allCpu = ({ cpuMs }) =>
  Object.values(/** @type {Record<string, number>} */ (cpuMs)).reduce((sum, ms) => sum + ms, 0);

/** @type {import('../lib/question.mjs').Question} */
export const twoPhase = {
  name: 'two-phase',
  title: 'Two-phase transactions beside sagas of the same size',
  minutes: 5,
  about: [
    'Three services with the participant SDK, a database of their own each, and one row written for each booking, on the PostgreSQL of the coordinator: as a saga of three steps, as a two-phase transaction of three branches (`PREPARE TRANSACTION`), and as TCC. Every tenth is refused by the third service. Committed rows of all services are counted after each round: they must be equal, and nothing may be left prepared.',
    'A prepared branch is a `PREPARE TRANSACTION` and a `COMMIT PREPARED`, each synced, where a step of a saga is one commit. What both need more than a saga, divided by three branches, is the cost of a prepared branch. `max_prepared_transactions` is 2,000 here, since all three services are on one server. `-alone`: one at a time.',
  ],
  ground: { settings: { max_prepared_transactions: '2000' } },
  entries: () => [
    entry('saga', 'as-saga'),
    entry('two-phase', 'as-two-phase'),
    entry('tcc', 'as-tcc'),
    entry('saga-alone', 'as-saga', { concurrency: 1, weight: 0.6 }),
    entry('two-phase-alone', 'as-two-phase', { concurrency: 1, weight: 0.6 }),
  ],
  claims: [
    {
      row: '2PC',
      claim: 'two-phase transactions per second',
      value: ({ rate }) => rate('two-phase'),
      unit: '/s',
    },
    {
      row: '2PC',
      claim: 'beside sagas of the same size',
      value: ({ rate }) => rate('two-phase') / rate('saga'),
    },
    {
      row: '2PC',
      claim: "p50 beside a saga's, 200 under way",
      value: ({ p50 }) => p50('two-phase') / p50('saga'),
      atMost: true,
    },
    {
      row: '2PC',
      claim: "p50 beside a saga's, one at a time",
      value: ({ p50 }) => p50('two-phase-alone') / p50('saga-alone'),
      atMost: true,
    },
    {
      row: '2PC',
      claim: 'fsyncs more per prepared branch, 200 under way',
      value: moreAPerBranch((row) => row['fsyncs']),
      unit: '',
    },
    {
      row: '2PC',
      claim: 'fsyncs more per prepared branch, one at a time',
      value: ({ of }) =>
        (of('two-phase-alone', (row) => row['fsyncs']) - of('saga-alone', (row) => row['fsyncs'])) /
        BRANCHES,
      unit: '',
    },
    {
      row: '2PC',
      claim: 'bytes of WAL more per prepared branch',
      value: moreAPerBranch((row) => row['walBytes']),
      unit: 'B',
    },
    {
      row: '2PC',
      claim: 'CPU of all processes more per prepared branch',
      value: moreAPerBranch(allCpu),
      unit: 'ms',
    },
  ],
};
