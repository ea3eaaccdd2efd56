import { join, relative } from 'node:path';

/** What there is to look at: what it is called, whose it is, where, and what one sees. */
const PAGES = [
  ['dashboard', 'coordinator', '/', 'what runs, and what needs you'],
  ['coordinator', 'coordinator', '/docs', 'the API, to try out'],
  ['order', 'order', '/orders/{transaction id}', 'an order'],
  ['payment', 'payment', '/payments', 'what was charged'],
  ['inventory', 'inventory', '/stock/WIDGET', 'what is in stock'],
  ['warehouse-north', 'warehouse-north', '/stock/SKU-001', 'what lies in the north'],
  ['warehouse-south', 'warehouse-south', '/stock/SKU-001', 'what lies in the south'],
];

/**
 * What `npm start` prints when everything serves.
 *
 * @param {import('./run-file.mjs').Run} run
 * @param {string} dataDir
 */
export function greeting(run, dataDir) {
  const pages = PAGES.flatMap(([title = '', owner = '', path, what]) => {
    const url = run.urls[owner];
    return url === undefined ? [] : [`  ${title.padEnd(16)} ${`${url}${path}`.padEnd(50)} ${what}`];
  });
  const order = {
    definition: 'place-order',
    input: { customerId: 'c-1', items: [{ sku: 'WIDGET', quantity: 2 }], card: 'tok_visa' },
  };
  const settlement = { definition: 'settle-order', input: { orderId: '<id of the order>' } };
  const near = relative(process.cwd(), dataDir);
  const shown = near === '' || near.startsWith('..') ? dataDir : near;
  return `
Skald is up: ${run.urls['coordinator']}

${pages.join('\n')}

Place an order, a saga; then settle it, by two-phase commit:

${start(run, order)}

${start(run, settlement)}

Data and logs are in ${shown} (${join(shown, 'logs')}). Ctrl-C stops everything.
`;
}

/**
 * @param {import('./run-file.mjs').Run} run
 * @param {object} body
 */
function start(run, body) {
  return `  curl -s -X POST ${run.urls['coordinator']}/v1/transactions \\
    -H 'content-type: application/json' -H 'prefer: wait=10' \\
    -d '${JSON.stringify(body)}'`;
}
