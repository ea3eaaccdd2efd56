// The stream of transactions of `npm start -- --demo`: node demo.mjs <coordinator> <inventory>
import { setTimeout as pause } from 'node:timers/promises';

const ORDERS_PER_SECOND = 5;
const MOST_KEPT = 1_000;
const RESTOCK_BELOW = 2_000;
const RESTOCK_BY = 5_000;
const SKUS = ['WIDGET', 'GADGET'];
const WAREHOUSES = ['warehouse-north', 'warehouse-south'];

const [coordinator = '', inventory = ''] = process.argv.slice(2);
process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group; the launcher stops us.
process.once('disconnect', () => process.exit(0));

/** @type {string[]} */
const placed = [];
let sent = 0;
let refused = 0;
let ticks = 0;
void repeat(1000 / ORDERS_PER_SECOND, sendOne);
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

/** Most are orders; some settle an order of before, move stock, hold and pay, or take both at once. */
async function sendOne() {
  const chance = Math.random();
  const orderId = chance < 0.25 ? placed.shift() : undefined;
  if (orderId !== undefined) await send('settle-order', { orderId });
  else if (chance < 0.4) await send('transfer-stock', randomTransfer());
  else if (chance < 0.5) await send('reserve-and-pay', randomOrder());
  else if (chance < 0.6) await send('place-order-atomic', randomOrder());
  else await send('place-order', randomOrder());
}

/**
 * @param {string} definition
 * @param {object} input
 */
async function send(definition, input) {
  const response = await fetch(`${coordinator}/v1/transactions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      definition,
      input,
      labels: { source: 'demo' },
    }),
    signal: AbortSignal.timeout(10_000),
  });
  /** @type {{ id?: string }} */
  const { id } = await response.json();
  // Settled once it is old enough to be confirmed; one that was rejected is an abort to look at.
  const isKept = response.ok && definition === 'place-order' && placed.length < MOST_KEPT;
  if (isKept && id) setTimeout(() => placed.push(id), 3_000);
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

function randomTransfer() {
  const [from, to] = Math.random() < 0.5 ? WAREHOUSES : [...WAREHOUSES].reverse();
  const number = 1 + Math.floor(Math.random() * 100);
  const quantity = Math.random() < 0.1 ? 1_000_000 : 1 + Math.floor(Math.random() * 20);
  return { sku: `SKU-${String(number).padStart(3, '0')}`, quantity, from, to };
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
  const parts = [`${sent} sent`, ...shown, ...(refused ? [`${refused} refused`] : [])];
  const line = `demo: ${parts.join(', ')}`;
  // On a terminal one line that is written over; in a file few lines.
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${line}`);
  else if (ticks++ % 5 === 0) console.log(line);
}
