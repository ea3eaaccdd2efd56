import { MAX_STEPS } from '@skald/core';
import type { Browser } from 'playwright-core';
import { buildDashboard, DASHBOARD_DIST } from '../../tools/build/dashboard.mjs';
import { withClient } from '../../tools/postgres/index.mjs';
import { bodyOf, startApi, until, type Api, type Body } from '../setup/api.js';
import { LONGEST_NAME, longest, stubborn } from '../setup/extreme.sagas.js';
import { openPage, type Watched } from './browser.js';
import { launchBrowser } from './chromium.mjs';

// The longest transactions there can be: their pages answer, stay usable, and do not grow sideways.

const REPLY_BYTES = 20_000;
const ATTEMPTS = 10_000;

let api: Api;
let browser: Browser;
let watched: Watched;

beforeAll(async () => {
  buildDashboard();
  [api, browser] = await Promise.all([
    startApi({ dashboard: { dir: DASHBOARD_DIST }, definitions: [longest(), stubborn()] }),
    launchBrowser(),
  ]);
  const text = 'y'.repeat(REPLY_BYTES);
  api.answerBy(({ step, operation }) => {
    if (step === LONGEST_NAME) return { outcome: 'rejected', reason: 'too-much' };
    if (step === 'insist') return { outcome: 'failed', reason: 'not-yet' };
    return { outcome: 'succeeded', reply: operation.operation === 'take' ? { text } : {} };
  });
}, 300_000);

afterAll(async () => {
  await browser.close();
  await api.close();
});

beforeEach(async () => {
  watched = await openPage(browser, { baseURL: api.url });
});

afterEach(async () => {
  expect(watched.misdeeds).toEqual({ violations: [], others: [] });
  await watched.close();
});

async function start(definition: string, headers?: Record<string, string>): Promise<Body> {
  return bodyOf(await api.post('/v1/transactions', { definition, input: {} }, headers));
}

/** Adds what thousands of attempts leave: the last attempt, again and again. */
async function insist(id: string): Promise<void> {
  await withClient(api.databaseUrl, async (client) => {
    await client.query(
      `insert into transaction_event
       select (jsonb_populate_record(null::transaction_event, to_jsonb(last) || jsonb_build_object(
                 'seq', last.seq + n, 'version', last.version + n, 'attempt', last.attempt + n))).*
         from generate_series(1, ${ATTEMPTS}) as n,
              (select * from transaction_event where transaction_id = $1 and step is not null
                order by seq desc limit 1) as last`,
      [id],
    );
  });
}

/** The page has not grown sideways, and answers to what is done on it. */
async function expectUsable(): Promise<void> {
  const { page } = watched;
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(1280);
  await page.getByRole('tab', { name: 'Audit' }).click();
  await page.getByText('Nobody did anything yet').waitFor({ timeout: 5_000 });
}

test('a hundred steps, all undone, with two megabytes of replies', async () => {
  const { page } = watched;
  const { id, status } = await start('longest', { prefer: 'wait=30' });
  expect(status).toBe('compensated');
  await page.goto(`/transactions/${String(id)}`);
  await page.getByRole('heading', { name: /longest compensated/ }).waitFor();
  await page.locator(`[data-step="${LONGEST_NAME}"]`).getByText('rejected').waitFor();
  const steps = page.getByRole('button', { name: /compensated .*stock\.take/ });
  expect(await steps.count()).toBe(MAX_STEPS - 1);
  await steps.last().click();
  const reply = page.getByRole('tree', { name: 'reply of stock.take' });
  await reply.getByText('"yyy').waitFor();
  expect((await reply.innerText()).length).toBeGreaterThan(REPLY_BYTES);
  await expectUsable();
}, 60_000);

test('ten thousand attempts', async () => {
  const { page } = watched;
  const id = String((await start('stubborn'))['id']);
  const view = () => api.request(`/v1/transactions/${id}`).then(bodyOf);
  await until(view, ({ status }) => status === 'parked');
  await insist(id);
  await page.goto(`/transactions/${id}?tab=history`);
  await page.getByRole('heading', { name: /stubborn parked/ }).waitFor();
  for (const loaded of [200, 400, 600]) {
    await page.getByRole('heading', { name: `History (${loaded}+)` }).waitFor();
    await page.getByRole('button', { name: 'Load more' }).click();
  }
  await page.getByRole('heading', { name: 'History (800+)' }).waitFor();
  await page.getByRole('tab', { name: 'Steps' }).click();
  await page.getByLabel('Timeline of calls').getByText('insist').waitFor();
  await expectUsable();
}, 60_000);
