// Somebody who has the overview and the list open: a Chromium of the package in test/browser.
import { join } from 'node:path';
import { ensureInstalled } from '../../tools/launcher/install.mjs';
import { ROOT } from '../../tools/paths.mjs';
import { quantile, rounded } from './measure.mjs';

const PAGES = ['/?range=15m', '/transactions'];

/**
 * Opens the pages. What they tell at the end is of the time since `begin`.
 *
 * @param {string} origin
 */
export async function watch(origin) {
  const browser = await openBrowser();
  const context = await browser.newContext({ baseURL: origin });
  await context.addInitScript(observe);
  /** @type {any[]} */
  const pages = [];
  for (const path of PAGES) {
    const page = await context.newPage();
    await page.goto(path);
    await page.getByText('Live', { exact: true }).waitFor();
    const session = await context.newCDPSession(page);
    await session.send('Performance.enable');
    pages.push({ page, session });
  }
  const heaps = () => Promise.all(pages.map(({ session }) => heapMb(session)));
  /** @type {number[]} */
  let before = [];
  return {
    async begin() {
      before = await heaps();
      for (const { page } of pages) await page.evaluate('skaldLongTasks.length = 0');
    },
    async end() {
      /** @type {number[][]} */
      const tasks = await Promise.all(
        pages.map(({ page }) => page.evaluate('[...skaldLongTasks]')),
      );
      const after = await heaps();
      await browser.close();
      const long = tasks.flat().sort((a, b) => a - b);
      return {
        longTasks: long.length,
        longTaskP95Ms: long.length === 0 ? 0 : rounded(quantile(long, 0.95), 0),
        longestTaskMs: rounded(long.at(-1) ?? 0, 0),
        heapBeforeMb: before.map((mb) => rounded(mb, 1)),
        heapAfterMb: after.map((mb) => rounded(mb, 1)),
        heapGrowthMb: rounded(Math.max(...after.map((mb, index) => mb - (before[index] ?? 0))), 1),
      };
    },
  };
}

/** Chromium; its package is installed where it is missing. */
export async function openBrowser() {
  ensureInstalled(join(ROOT, 'test', 'browser'));
  // Its types are known in its own package only.
  const module = new URL('../../test/browser/chromium.mjs', import.meta.url).href;
  const { launchBrowser } = await import(module);
  return launchBrowser();
}

/** Runs in the page. */
function observe() {
  /** @type {number[]} */
  const tasks = [];
  Object.assign(globalThis, { skaldLongTasks: tasks });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  }).observe({ type: 'longtask', buffered: true });
}

/**
 * What a page keeps: after a collection, MB.
 *
 * @param {any} session
 */
async function heapMb(session) {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const used = metrics.find((/** @type {any} */ { name }) => name === 'JSHeapUsedSize');
  return (used?.value ?? Number.NaN) / 2 ** 20;
}
