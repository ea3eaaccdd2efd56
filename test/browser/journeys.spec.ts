import type { Locator } from 'playwright-core';
import { stageSuite } from './stage-suite.js';

const suite = stageSuite();

test('an order is placed from the form and watched until it completes', async () => {
  const { page } = suite.watched;
  await page.goto('/start');
  await page.getByRole('combobox', { name: 'Definition' }).click();
  await page.getByRole('option', { name: 'place-order', exact: true }).click();
  await page.getByLabel('customerId').fill('not a customer!');
  await page.getByLabel('sku').fill('WIDGET');
  await page.getByLabel('quantity').fill('2');
  await page.getByLabel('card').fill('tok_visa');
  await page.getByRole('button', { name: 'Start place-order' }).click();

  // What the coordinator finds wrong stands at its field.
  const wrong = page.getByLabel('customerId');
  await expectAttribute(wrong, 'aria-invalid', 'true');

  suite.stage.skald.signal('payment', 'SIGSTOP');
  await wrong.fill('c-browser');
  await page.getByRole('button', { name: 'Start place-order' }).click();
  await page.waitForURL(/\/transactions\/[0-9a-f-]{36}$/);
  await page.getByText('waiting for payment.charge').first().waitFor();
  await page.getByRole('heading', { name: /place-order running/ }).waitFor();
  suite.stage.skald.signal('payment', 'SIGCONT');
  // Nothing is pressed, nothing reloaded.
  await page.getByRole('heading', { name: /place-order completed/ }).waitFor();
  expect(await page.locator('[data-step="confirm-order"]').innerText()).toContain('succeeded');
});

test('a declined card shows with its reason on the list and on the graph', async () => {
  const { page } = suite.watched;
  await page.goto('/transactions?status=compensated');
  const id = await suite.stage.start({ input: { card: 'tok_declined' } });
  await suite.stage.until(id, 'compensated');
  const row = page.getByRole('row').filter({ hasText: id });
  await row.waitFor();
  expect(await row.innerText()).toContain('charge-card was rejected: card-declined');

  await row.getByRole('link', { name: id }).click();
  const charge = page.locator('[data-step="charge-card"] [data-phase="done"]');
  await charge.waitFor();
  expect(await charge.innerText()).toContain('rejected');
  expect(await charge.getAttribute('title')).toContain('card-declined');
  for (const step of ['create-order', 'reserve-stock']) {
    expect(await page.locator(`[data-step="${step}"]`).innerText()).toContain('compensated');
  }
});

test('a parked one needs attention within 2 s, is retried with a reason, completes, and is audited', async () => {
  const { page } = suite.watched;
  await page.goto('/');
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await suite.stage.breakConfirm('the ledger is closed for the night');
  const id = await suite.stage.start({ input: { customerId: 'c-parked' } });
  const item = page.locator(`li[data-transaction="${id}"]`);
  await suite.stage.until(id, 'parked');
  await item.waitFor({ timeout: 2_000 });
  expect(await item.innerText()).toContain('all attempts failed');

  await suite.stage.repairConfirm();
  await item.getByRole('button', { name: 'Retry' }).click();
  const dialog = page.getByRole('dialog', { name: 'Retry now' });
  await dialog.getByText('order.confirm').waitFor();
  const confirm = dialog.getByRole('button', { name: 'Retry now' });
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByLabel('Reason').fill('the ledger is open again');
  await confirm.click();
  await item.waitFor({ state: 'detached' });
  await suite.stage.until(id, 'completed');

  await page.goto(`/transactions/${id}?tab=audit`);
  const row = page.getByRole('row').filter({ hasText: 'the ledger is open again' });
  await row.waitFor();
  expect(await row.innerText()).toMatch(/local\s+retry/);
});

test('the preview of a cancel lists exactly the compensations that then run', async () => {
  const { page } = suite.watched;
  suite.stage.skald.signal('inventory', 'SIGSTOP');
  const id = await suite.stage.start();
  await page.goto(`/transactions/${id}`);
  await page.getByText('waiting for inventory.reserve').first().waitFor();
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel this transaction' });
  const calls = dialog.getByRole('list', { name: 'Calls' }).getByRole('listitem');
  await calls.first().waitFor();
  const previewed = (await calls.allInnerTexts()).map((text) => /[\w-]+\.[\w-]+/.exec(text)?.[0]);
  await dialog.getByText('This cannot be undone').waitFor();
  await dialog.getByLabel('Reason').fill('the customer changed their mind');
  await dialog.getByRole('button', { name: 'Cancel this transaction' }).click();
  await dialog.waitFor({ state: 'detached' });
  suite.stage.skald.signal('inventory', 'SIGCONT');
  await page.getByRole('heading', { name: /place-order compensated/ }).waitFor();

  const { steps } = await suite.stage.find(id);
  const ran = steps
    .filter(({ compensation }) => (compensation?.attempts ?? 0) > 0)
    .map(
      ({ compensation }) => compensation as unknown as Record<'participant' | 'operation', string>,
    )
    .map(({ participant, operation }) => `${participant}.${operation}`)
    .reverse();
  expect(previewed).toEqual(ran);
  expect(ran).toEqual(['inventory.release', 'order.reject']);
});

test('filters live in the URL: they survive a reload and the way back', async () => {
  const { page } = suite.watched;
  const id = await suite.stage.start({ labels: { shop: 'eu' } });
  await suite.stage.until(id, 'completed');
  await suite.stage.start({ labels: { shop: 'us' } });
  await page.goto('/transactions');
  await page.getByRole('button', { name: /completed/ }).click();
  await page
    .getByRole('row')
    .filter({ hasText: id })
    .getByRole('link', { name: /shop eu/ })
    .click();
  await page.waitForURL(/label=shop%3Aeu/);
  await page.getByRole('row').filter({ hasText: id }).waitFor();
  await page.getByRole('button', { name: /completed/ }).click();
  await page.waitForURL(/status=completed/);
  expect(page.url()).toContain('label=shop%3Aeu');

  await page.reload();
  const one = page.getByRole('row').filter({ hasText: id });
  await one.waitFor();
  expect(await page.getByRole('row').count()).toBe(2);
  expect(await page.getByRole('button', { name: /completed/ }).getAttribute('aria-pressed')).toBe(
    'true',
  );

  await one.getByRole('link', { name: id }).click();
  await page.getByRole('heading', { name: /place-order/ }).waitFor();
  await page.goBack();
  await page.waitForURL(/label=shop%3Aeu/);
  await one.waitFor();
  expect(await page.getByRole('row').count()).toBe(2);
});

test('the keyboard alone finds a transaction and opens it', async () => {
  const { page } = suite.watched;
  const id = await suite.stage.start();
  await page.goto('/transactions');
  await page.getByRole('row').filter({ hasText: id }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('j');
  await page.waitForFunction(() => document.activeElement?.hasAttribute('data-row-link'));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /place-order/ }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type(id);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/transactions/${id}`);
});

test('when the coordinator is gone the page says since when it is stale, and catches up', async () => {
  const { page } = suite.watched;
  await page.goto('/transactions');
  await page.getByText('Live', { exact: true }).waitFor();
  const letGo = await suite.stage.skald.hold('coordinator');
  await page.getByText(/Stale since \d\d:\d\d:\d\d/).waitFor();
  await letGo();
  await page.getByText('Live', { exact: true }).waitFor();
  const id = await suite.stage.start();
  await page.getByRole('row').filter({ hasText: id }).waitFor();
});

async function expectAttribute(locator: Locator, name: string, value: string): Promise<void> {
  await locator.and(suite.watched.page.locator(`[${name}="${value}"]`)).waitFor();
}
