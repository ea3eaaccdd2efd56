// How fast the API answers over many transactions: node bench/seed/run.mjs [--transactions 5000000]
import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { transpile } from '../../tools/build/transpile.mjs';
import { createDatabase, startPostgres } from '../../tools/postgres/index.mjs';
import { buildDashboard, DASHBOARD_DIST } from '../../tools/build/dashboard.mjs';
import { openBrowser } from '../lib/watcher.mjs';
import { seed } from './seed.mjs';

const { values } = parseArgs({
  options: {
    transactions: { type: 'string', default: '5000000' },
    requests: { type: 'string', default: '40' },
    replies: { type: 'string', default: '3' },
  },
});
const transactions = Number(values.transactions);

await transpile();
buildDashboard();
const { Engine } = await import('@skald/engine');
const { createServer } = await import('@skald/server');
const { migrateCoordinator, PostgresStore, PostgresViews } =
  await import('@skald/storage-postgres');

const dataDir = mkdtempSync(join(tmpdir(), 'skald-seed-'));
// What is seeded is written once: no log of it, and no checkpoint in between.
const settings = {
  ...{ wal_level: 'minimal', max_wal_senders: '0', max_wal_size: '4GB', checkpoint_timeout: '1h' },
  ...{ shared_buffers: '512MB', autovacuum: 'off' },
};
const postgres = await startPostgres({ dataDir, durable: false, stopWithParent: true, settings });
try {
  const url = await createDatabase(postgres.url('postgres'), 'seeded');
  await migrateCoordinator(url);
  const begun = performance.now();
  const onProgress = (/** @type {string[]} */ tables, /** @type {number} */ done) =>
    console.error(`${tables.join()}: ${done}, ${Math.round((performance.now() - begun) / 1000)} s`);
  await seed(url, { transactions, replies: Number(values.replies), onProgress });
  await measure(url);
} finally {
  await postgres.stop({ mode: 'immediate' });
  rmSync(dataDir, { recursive: true, force: true });
}

/** @param {string} url */
async function measure(url) {
  const store = new PostgresStore({ url });
  const views = new PostgresViews({ url });
  const engine = new Engine({
    name: 'seeded',
    definitions: [],
    store,
    transports: {},
    participants: {},
    recordAudit: (entry) => views.recordAudit(entry),
    addDeadLetter: (letter) => views.addDeadLetter(letter),
  });
  const app = await createServer({
    coordinator: engine,
    views,
    dashboard: { dir: DASHBOARD_DIST },
  });
  await engine.start();
  await app.listen(0, '127.0.0.1');
  const origin = await app.getUrl();
  const { items } = await json(`${origin}/v1/transactions?limit=200`);
  const { id } = items[items.length - 1];
  for (const path of [
    '/v1/transactions?limit=50',
    '/v1/transactions?limit=50&status=completed&definition=refund',
    '/v1/transactions?limit=50&status=parked&definition=rare',
    '/v1/transactions?limit=50&counts=true',
    '/v1/transactions?limit=50&counts=true&definition=refund',
    '/v1/transactions?limit=50&label=shop:s10&counts=true',
    `/v1/transactions/${id}`,
    `/v1/transactions/${id}/history`,
    '/v1/attention',
    '/v1/stats',
    '/v1/definitions',
  ]) {
    console.log(`${(await p95Of(origin + path)).padEnd(24)} ${path.replace(id, '{id}')}`);
  }
  console.log(JSON.stringify((await json(`${origin}/v1/transactions?counts=true&limit=1`)).counts));
  await measurePages(origin, id);
  await engine.stop();
  await app.close();
  await Promise.all([store.close(), views.close()]);
}

/**
 * How long until a page shows what it is for, and answers: the network, scripts and queries included.
 *
 * @param {string} origin
 * @param {string} id
 */
async function measurePages(origin, id) {
  const browser = await openBrowser();
  const page = await browser.newPage({ baseURL: origin });
  for (const [path = '', sign = ''] of [
    ['/', 'text=Needs attention >> nth=0'],
    ['/transactions', '[data-row-link] >> nth=0'],
    ['/transactions?status=completed&definition=refund', '[data-row-link] >> nth=0'],
    [`/transactions/${id}`, '[role="tab"] >> nth=0'],
  ]) {
    /** @type {number[]} */
    const took = [];
    for (let n = 0; n < 5; n++) {
      const begun = performance.now();
      await page.goto(path, { waitUntil: 'commit' });
      await page.locator(sign).waitFor();
      // A script of the page answers only when none is in its way.
      await page.evaluate(() => 0);
      took.push(performance.now() - begun);
      await page.goto('about:blank');
    }
    const [least, most] = [Math.min(...took), Math.max(...took)].map(Math.round);
    console.log(`page ${least} to ${most} ms`.padEnd(24), path.replace(id, '{id}'));
  }
  await browser.close();
}

/** @param {string} url */
async function json(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return /** @type {Promise<any>} */ (response.json());
}

/** @param {string} url */
async function p95Of(url) {
  /** @type {number[]} */
  const took = [];
  for (let n = 0; n < Number(values.requests); n++) {
    const begun = performance.now();
    await json(url);
    took.push(performance.now() - begun);
  }
  took.sort((a, b) => a - b);
  const at = (/** @type {number} */ q) => (took[Math.ceil(q * took.length) - 1] ?? 0).toFixed(0);
  return `p50 ${at(0.5)} p95 ${at(0.95)} ms`;
}
