import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { openPage, type Watched } from './browser.js';
import { launchBrowser } from './chromium.mjs';
import { labelSets, PAYLOADS } from './payloads.js';
import { scoresOf } from './scores.js';
import { startStage, type Stage } from './stage.js';

const FIRST_LOAD_BYTES = 350 * 1024;
const LEAST_SCORE = 95;

let stage: Stage;
let browser: Browser;
let watched: Watched;
/** Parked, with payloads in its labels and its error. */
let parked: string;
let declined: string;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(), launchBrowser()]);
  await stage.breakConfirm(PAYLOADS.join(' '));
  const started = await Promise.all(labelSets().map((labels) => stage.start({ labels })));
  await Promise.all(started.map((id) => stage.until(id, 'parked')));
  [parked = ''] = started;
  declined = await stage.start({ input: { card: 'tok_declined' } });
  await stage.until(declined, 'compensated');
}, 300_000);

afterAll(async () => {
  await browser.close();
  await stage.skald.stop();
});

beforeEach(async () => {
  watched = await openPage(browser, { baseURL: stage.url });
});

afterEach(() => watched.close());

const PAGES: readonly (readonly [name: string, path: () => string, sign: string])[] = [
  ['overview', () => '/', 'Needs attention'],
  ['list', () => '/transactions', 'place-order'],
  ['list without a match', () => '/transactions?q=nothing-has-this', 'No transaction matches'],
  ['one parked', () => `/transactions/${parked}`, 'Parked, needs you'],
  ['one compensated', () => `/transactions/${declined}?step=charge-card`, 'Turned back'],
  ['payloads', () => `/transactions/${parked}?tab=payloads`, 'Input'],
  ['history', () => `/transactions/${parked}?tab=history`, 'Status after'],
  ['its audit', () => `/transactions/${declined}?tab=audit`, 'Nobody did anything yet'],
  [
    'one that is not there',
    () => '/transactions/0198c0de-0000-7000-8000-000000000001',
    'Try again',
  ],
  ['start', () => '/start?definition=place-order', 'The same by curl'],
  ['participants', () => '/participants', 'inventory'],
  ['definitions', () => '/definitions', 'place-order'],
  ['one definition', () => '/definitions/place-order', 'Schema of the input'],
  ['in doubt', () => '/in-doubt', 'Nothing is in doubt'],
  ['batches', () => '/batches', 'No batch yet'],
  ['dead letters', () => '/dead-letters', 'No dead letter'],
  ['audit', () => '/audit', 'Audit'],
  ['no page', () => '/no/such/page', 'No such page'],
];

test.each(PAGES)(
  '%s breaks no policy, and axe finds nothing serious in light and dark',
  async (_name, path, sign) => {
    const { page, misdeeds } = watched;
    await page.goto(path());
    await page.getByText(sign).first().waitFor();
    await settled(page);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
      await faded(page);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const grave = violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
      expect({ colorScheme, grave }).toEqual({ colorScheme, grave: [] });
    }
    expect(misdeeds).toEqual({ violations: [], others: [] });
  },
  60_000,
);

test('fifty payloads in labels, inputs, errors and reasons are shown as text and do nothing', async () => {
  const { page, misdeeds } = watched;
  const hasRun = () => page.evaluate(() => 'skaldXss' in window);
  const first = PAYLOADS[0] ?? '';

  for (const [path, sign] of [
    ['/', 'all attempts failed'],
    ['/transactions', first],
    [`/transactions/${parked}?step=confirm-order`, first],
  ] as const) {
    await page.goto(path);
    await page.getByText(sign).first().waitFor();
    expect(await hasRun()).toBe(false);
  }
  await page.getByRole('button', { name: 'Retry now' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill(PAYLOADS.join('').slice(0, 500));
  await dialog.getByRole('button', { name: 'Retry now' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.goto('/audit');
  await page.getByText(first).first().waitFor();

  await page.goto('/start?definition=place-order');
  for (const payload of PAYLOADS) {
    await page.getByLabel('customerId').fill(payload);
    await page.getByRole('button', { name: 'Start place-order' }).click();
    await page.getByRole('alert').filter({ hasText: 'customerId' }).first().waitFor();
    await page.goto(`/transactions?q=${encodeURIComponent(payload)}`);
    await page
      .getByText('No transaction matches')
      .or(page.getByRole('row').nth(1))
      .first()
      .waitFor();
    expect(await hasRun()).toBe(false);
    await page.goBack();
  }
  expect(misdeeds).toEqual({ violations: [], others: [] });
}, 240_000);

test('Lighthouse finds the overview and a transaction accessible and well made', async () => {
  const scores = await scoresOf([`${stage.url}/`, `${stage.url}/transactions/${declined}`]);
  expect(scores).toHaveLength(2);
  // What cost something is shown when one falls short.
  const short = scores.filter(
    ({ accessibility, runtimeError, ...others }) =>
      runtimeError !== undefined || Math.min(accessibility, others['best-practices']) < LEAST_SCORE,
  );
  expect(short).toEqual([]);
}, 180_000);

test('the first load of the overview, charts included, is below 350 KB of JavaScript', async () => {
  const { page } = watched;
  await page.goto('/');
  await page.locator('.recharts-surface').first().waitFor();
  await settled(page);
  const bytes = await page.evaluate(() =>
    (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
      .filter(({ name }) => new URL(name).pathname.endsWith('.js'))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
  );
  expect(bytes).toBeGreaterThan(50 * 1024);
  expect(bytes).toBeLessThan(FIRST_LOAD_BYTES);
});

/** Until no part of the page is still being fetched. */
async function settled(page: Page): Promise<void> {
  await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
}

/** Until no colour is in transition: half-way to another scheme none has its contrast. */
async function faded(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const fading = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.allSettled(fading.map(({ finished }) => finished));
  });
}
