import { stageSuite } from './stage-suite.js';

const suite = stageSuite();

test('many parked ones are retried by one order, with a preview, a reason and its progress', async () => {
  const { page } = suite.watched;
  await suite.stage.breakConfirm('the ledger is closed for the night');
  const labels = { shop: 'batch' };
  const ids = await Promise.all([1, 2, 3].map(() => suite.stage.start({ labels })));
  await Promise.all(ids.map((id) => suite.stage.until(id, 'parked')));

  await page.goto('/transactions?status=parked&label=shop:batch');
  for (const id of ids) await page.getByRole('checkbox', { name: `Select ${id}` }).check();
  await page.getByText('3 selected').waitFor();
  await page.getByRole('button', { name: 'Retry them …' }).click();
  const dialog = page.getByRole('dialog', { name: 'Retry many transactions' });
  await dialog.getByText('it is possible for 3').waitFor();
  expect(await dialog.getByRole('list').innerText()).toContain('order.confirm');
  const confirm = dialog.getByRole('button', { name: 'Retry 3' });
  expect(await confirm.isDisabled()).toBe(true);

  await suite.stage.repairConfirm();
  await dialog.getByLabel('Reason').fill('the ledger is open again');
  await confirm.click();
  await page.waitForURL(/\/batches\?id=/);
  await page.getByRole('heading', { name: 'retry: 3 done, 0 refused, of 3' }).waitFor();
  for (const id of ids) await suite.stage.until(id, 'completed');
  await page.goto(`/transactions/${ids[0] ?? ''}?tab=audit`);
  await page.getByRole('row').filter({ hasText: 'the ledger is open again' }).waitFor();
}, 60_000);

test('what is prepared is finished by hand, with a preview and a reason, and is audited', async () => {
  const { page } = suite.watched;
  suite.stage.skald.signal('warehouse-south', 'SIGSTOP');
  const [from, to] = ['warehouse-north', 'warehouse-south'];
  const id = await suite.stage.startOf('transfer-stock', { sku: 'SKU-009', quantity: 1, from, to });
  await page.goto('/in-doubt');
  const row = page.getByRole('row').filter({ hasText: id });
  await row.getByText('waits for the decision').waitFor();
  expect(await row.innerText()).toMatch(/warehouse-north[\s\S]*undecided[\s\S]*stock: 1/);

  await row.getByRole('button', { name: 'Resolve …' }).click();
  const dialog = page.getByRole('dialog', { name: 'Finish it by hand' });
  await dialog.getByText('This cannot be undone').waitFor();
  const confirm = dialog.getByRole('button', { name: 'Abort at the participant' });
  expect(await confirm.isDisabled()).toBe(true);
  await dialog.getByLabel('Reason').fill('the south burnt down');
  await confirm.click();
  await dialog.waitFor({ state: 'detached' });
  await row.waitFor({ state: 'detached' });
  suite.stage.skald.signal('warehouse-south', 'SIGCONT');

  await page.goto('/audit');
  const audited = page.getByRole('row').filter({ hasText: 'the south burnt down' });
  await audited.waitFor();
  expect(await audited.innerText()).toMatch(/in-doubt-resolve[\s\S]*done/);
}, 60_000);

test('a two-phase transaction shows its branches, their votes and the one decision', async () => {
  const { page } = suite.watched;
  const orderId = await suite.stage.start();
  await suite.stage.until(orderId, 'completed');
  const id = await suite.stage.startOf('settle-order', { orderId });
  await page.goto(`/transactions/${id}`);
  await page.getByRole('heading', { name: /settle-order committed/ }).waitFor();
  await page.getByText('Decision: commit').waitFor();
  for (const branch of ['order', 'ledger', 'stock']) {
    await page.locator(`[data-step="${branch}"]`).getByText('committed').waitFor();
    const line = page.getByRole('button', { name: new RegExp(`^${branch} `) });
    expect(await line.innerText()).toContain('vote commit');
  }
  await page.locator('[data-step="the decision"]').getByText('commit', { exact: true }).waitFor();
});

test('one that is aborted names the branch that said no, and why', async () => {
  const { page } = suite.watched;
  const orderId = await suite.stage.start({ input: { card: 'tok_declined' } });
  await suite.stage.until(orderId, 'compensated');
  const id = await suite.stage.startOf('settle-order', { orderId });
  const { failure } = await suite.stage.until(id, 'aborted');
  const [branch = '', reason = ''] = [failure?.step, failure?.reason];
  expect(reason).not.toBe('');
  await page.goto(`/transactions/${id}`);
  await page.getByText(`Turned back: ${branch} was rejected: ${reason}`).waitFor();
  await page.getByText('Decision: abort').waitFor();
  const node = page.locator(`[data-step="${branch}"]`);
  await node.getByText('voted-abort').waitFor();
  const line = page.getByRole('button', { name: new RegExp(`^${branch} `) });
  expect(await line.innerText()).toContain(reason);
});
