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

/** @param {(resource: string) => number} ms */
const allOf = (ms) => ms('coordinator') + ms('participant') + ms('postgres');

/**
 * How many cores all processes together keep busy under this load, of the sagas that the lines go through.
 * Less than there are: the processes wait for each other.
 *
 * @param {Figures} figures
 */
export function busyCores(figures) {
  const busy = CALIBRATED.map(({ contender }) => {
    const ms = (/** @type {string} */ resource) =>
      figures.of(contender, RESOURCES[resource]?.pick ?? (() => Number.NaN));
    return (figures.rate(contender) * allOf(ms)) / 1000;
  });
  return busy.reduce((sum, cores) => sum + cores, 0) / busy.length;
}

/**
 * Sagas per second: the coordinator is one thread, and all processes share the cores that they keep busy.
 *
 * @param {Figures} figures
 * @param {number} calls
 */
function rateOf(figures, calls) {
  const ms = (/** @type {string} */ resource) => {
    const { perSaga, perCall } = costOf(figures, resource);
    return perSaga + perCall * calls;
  };
  return Math.min(1000 / ms('coordinator'), (busyCores(figures) * 1000) / allOf(ms));
}

/**
 * Every prediction beside what was measured.
 *
 * @param {Figures} figures
 */
export function predictions(figures) {
  return PREDICTED.flatMap(({ contender, calls }) => [
    ...Object.entries(RESOURCES).map(([resource, { title, unit, pick }]) => {
      const { perSaga, perCall } = costOf(figures, resource);
      const predicted = perSaga + perCall * calls;
      return { contender, what: title, unit, predicted, measured: figures.of(contender, pick) };
    }),
    {
      ...{ contender, what: 'throughput', unit: '/s' },
      predicted: rateOf(figures, calls),
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
