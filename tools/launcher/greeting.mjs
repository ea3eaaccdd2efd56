import { join, relative } from 'node:path';

/** Where each process has something to look at. */
const PAGES = {
  coordinator: ['/docs', 'the API, to try out'],
  order: ['/orders/{transaction id}', 'an order'],
  payment: ['/payments', 'what was charged'],
  inventory: ['/stock/WIDGET', 'what is in stock'],
};

/**
 * What `npm start` prints when everything serves.
 *
 * @param {import('./run-file.mjs').Run} run
 * @param {string} dataDir
 */
export function greeting(run, dataDir) {
  const pages = Object.entries(PAGES)
    .filter(([name]) => run.urls[name] !== undefined)
    .map(([name, [path, what]]) => {
      return `  ${name.padEnd(12)} ${`${run.urls[name]}${path}`.padEnd(50)} ${what}`;
    });
  const body = {
    definition: 'place-order',
    input: { customerId: 'c-1', items: [{ sku: 'WIDGET', quantity: 2 }], card: 'tok_visa' },
  };
  const near = relative(process.cwd(), dataDir);
  const shown = near === '' || near.startsWith('..') ? dataDir : near;
  return `
Skald is up: ${run.urls['coordinator']}

${pages.join('\n')}

Place an order:

  curl -s -X POST ${run.urls['coordinator']}/v1/transactions \\
    -H 'content-type: application/json' -H 'prefer: wait=10' \\
    -d '${JSON.stringify(body)}'

Data and logs are in ${shown} (${join(shown, 'logs')}). Ctrl-C stops everything.
`;
}
