// What a saga costs, from how many calls it makes: two figures for each resource, taken from the shortest
// and the longest saga, predict what lies between.

/** @typedef {import('./question.mjs').Figures} Figures */

const CALIBRATED = [
  { contender: 'steps-1', calls: 1 },
  { contender: 'steps-6', calls: 6 },
];
const PREDICTED = [
  { contender: 'steps-3', calls: 3 },
  // A tenth is refused at its last step and makes two more calls.
  { contender: 'steps-3-undone', calls: 3.2 },
  { contender: 'steps-4', calls: 4 },
];

/** @type {Record<string, { title: string, unit: string, pick: (row: any) => number }>} */
export const RESOURCES = {
  coordinator: {
    title: 'CPU of the coordinator',
    unit: 'ms',
    pick: (row) => row.cpuMs.coordinator,
  },
  participant: {
    title: 'CPU of the participant',
    unit: 'ms',
    pick: (row) => row.cpuMs.participant,
  },
  postgres: { title: 'CPU of PostgreSQL', unit: 'ms', pick: (row) => row.cpuMs.postgres },
  wal: { title: 'WAL', unit: 'bytes', pick: (row) => row.walBytes },
  commits: { title: 'commits', unit: '', pick: (row) => row.commits },
};

/**
 * cost = perSaga + perCall × calls
 *
 * @param {Figures} figures
 * @param {string} resource
 */
export function costOf({ of }, resource) {
  const pick = RESOURCES[resource]?.pick ?? (() => Number.NaN);
  const [few, many] = CALIBRATED.map(({ contender, calls }) => ({
    calls,
    cost: of(contender, pick),
  }));
  if (!few || !many) throw new Error('a line needs two points');
  const perCall = (many.cost - few.cost) / (many.calls - few.calls);
  return { perSaga: few.cost - perCall * few.calls, perCall };
}

/**
 * Sagas per second: the coordinator is one thread, and all processes share the cores.
 *
 * @param {Figures} figures
 * @param {number} calls
 * @param {number} cores
 */
function rateOf(figures, calls, cores) {
  const ms = (/** @type {string} */ resource) => {
    const { perSaga, perCall } = costOf(figures, resource);
    return perSaga + perCall * calls;
  };
  const all = ms('coordinator') + ms('participant') + ms('postgres');
  return Math.min(1000 / ms('coordinator'), (cores * 1000) / all);
}

/**
 * Every prediction beside what was measured.
 *
 * @param {Figures} figures
 */
export function predictions(figures) {
  const cores = Number(figures.rows[0]?.['machine']?.cores ?? Number.NaN);
  return PREDICTED.flatMap(({ contender, calls }) => [
    ...Object.entries(RESOURCES).map(([resource, { title, unit, pick }]) => {
      const { perSaga, perCall } = costOf(figures, resource);
      const predicted = perSaga + perCall * calls;
      return { contender, what: title, unit, predicted, measured: figures.of(contender, pick) };
    }),
    {
      ...{ contender, what: 'throughput', unit: '/s' },
      predicted: rateOf(figures, calls, cores),
      measured: figures.rate(contender),
    },
  ]);
}

/**
 * Percent by which the worst prediction is off.
 *
 * @param {Figures} figures
 */
export function worstError(figures) {
  const errors = predictions(figures).map(({ predicted, measured }) =>
    Math.abs(predicted / measured - 1),
  );
  return 100 * Math.max(...errors);
}
