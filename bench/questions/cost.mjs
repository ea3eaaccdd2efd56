// What a saga costs by its number of calls, and whether two figures per resource predict it.
import { busyCores, costOf, predictions, RESOURCES, worstError } from '../lib/cost-model.mjs';
import { figuresOf, markdown, shown, tableOf } from '../report/tables.mjs';

/**
 * @param {number} steps
 * @param {number} [failEvery]
 */
const entry = (steps, failEvery = 0) => ({
  name: `steps-${steps}${failEvery > 0 ? '-undone' : ''}`,
  module: 'contenders/skald.mjs',
  options: { mode: 'single', steps },
  failEvery,
  countsCalls: steps === 3,
});

/**
 * The model and its predictions.
 *
 * @param {import('../lib/results.mjs').Row[]} rows
 */
export function modelOf(rows) {
  const figures = figuresOf(rows);
  const costs = Object.entries(RESOURCES).map(([resource, { title, unit }]) => {
    const { perSaga, perCall } = costOf(figures, resource);
    return [`${title}${unit === '' ? '' : `, ${unit}`}`, shown(perSaga), shown(perCall)];
  });
  const checked = predictions(figures).map(({ contender, what, unit, predicted, measured }) => [
    contender,
    `${what}${unit === '' ? '' : `, ${unit}`}`,
    shown(predicted),
    shown(measured),
    `${shown(100 * (predicted / measured - 1))} %`,
  ]);
  return [
    markdown(['cost', 'per saga', 'per call'], costs),
    `All processes together keep ${shown(busyCores(figures))} cores busy.`,
    markdown(['saga', 'cost', 'predicted', 'measured', 'off by'], checked),
  ].join('\n\n');
}

/** @type {import('../lib/question.mjs').Question} */
export const cost = {
  name: 'cost',
  title: 'What a saga costs by its number of calls, and a model that predicts it',
  minutes: 3,
  about: [
    "Sagas of one, three, four and six steps over HTTP, 200 under way, none refused; and of three steps with a tenth undone. The model is a line for each resource, cost = per saga + per call × calls, through the sagas of one and of six steps; throughput is what the coordinator's one thread allows, or the cores that all processes keep busy with those two sagas, whichever is less. It is checked on the others. [How to use it](docs/operating/scaling.md).",
  ],
  entries: () => [entry(1), entry(3), entry(3, 10), entry(4), entry(6)],
  claims: [
    {
      row: 'cost',
      claim: 'the worst prediction of the cost model is off by',
      value: worstError,
      ...{ must: 25, atMost: true, unit: '%' },
    },
  ],
  table: (rows) => [tableOf(rows, cost), modelOf(rows)].join('\n\n'),
};
