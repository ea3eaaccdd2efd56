// The stream of orders of `npm start -- --demo`: node demo.mjs <coordinator> <inventory>
import { setTimeout as pause } from 'node:timers/promises';

const ORDERS_PER_SECOND = 5;
const RESTOCK_BELOW = 2_000;
const RESTOCK_BY = 5_000;
const SKUS = ['WIDGET', 'GADGET'];

const [coordinator = '', inventory = ''] = process.argv.slice(2);
process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group; the launcher stops us.
process.once('disconnect', () => process.exit(0));

let sent = 0;
let refused = 0;
let ticks = 0;
void repeat(1000 / ORDERS_PER_SECOND, placeOrder);
void repeat(2_000, showProgress);
if (inventory) void repeat(5_000, restock);

/**
 * @param {number} everyMs
 * @param {() => Promise<void>} work
 */
async function repeat(everyMs, work) {
  for (;;) {
    // Processes are killed on purpose while this runs: the next order will get through.
    await work().catch(() => (refused += 1));
    await pause(everyMs);
  }
}

async function placeOrder() {
  const response = await fetch(`${coordinator}/v1/transactions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      definition: 'place-order',
      input: randomOrder(),
      labels: { source: 'demo' },
    }),
    signal: AbortSignal.timeout(10_000),
  });
  await response.arrayBuffer();
  if (response.ok) sent += 1;
  else refused += 1;
  if (response.status === 503) await pause(1000 * Number(response.headers.get('retry-after') ?? 1));
}

function randomOrder() {
  const chance = Math.random();
  const sku = SKUS[Math.floor(Math.random() * SKUS.length)];
  const quantity = chance < 0.05 ? 1_000_000 : 1 + Math.floor(Math.random() * 3);
  const card = chance > 0.9 ? 'tok_declined' : chance > 0.8 ? 'tok_flaky' : 'tok_visa';
  return {
    customerId: `c-${Math.floor(Math.random() * 1_000)}`,
    items: [{ sku, quantity }],
    card,
  };
}

async function restock() {
  for (const sku of SKUS) {
    const stock = await (await fetch(`${inventory}/stock/${sku}`)).json();
    if (stock.available >= RESTOCK_BELOW) continue;
    await fetch(`${inventory}/stock/${sku}/restock`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ quantity: RESTOCK_BY }),
    });
  }
}

async function showProgress() {
  const response = await fetch(
    `${coordinator}/v1/transactions?counts=true&limit=1&label=source:demo`,
  );
  /** @type {{ counts?: Record<string, number> }} */
  const { counts = {} } = await response.json();
  const shown = Object.entries(counts).map(([status, count]) => `${count} ${status}`);
  const parts = [`${sent} orders sent`, ...shown, ...(refused ? [`${refused} refused`] : [])];
  const line = `demo: ${parts.join(', ')}`;
  // On a terminal one line that is written over; in a file few lines.
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${line}`);
  else if (ticks++ % 5 === 0) console.log(line);
}
