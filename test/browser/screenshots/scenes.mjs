import { breakConfirm, repairConfirm } from '../troubles.mjs';

/**
 * Something to take a picture of: how it comes about, what to do on its page before the picture, and
 * what ends it.
 *
 * @typedef {object} Scene
 * @property {string} name
 * @property {() => Promise<string>} begin Gives the path of its page.
 * @property {(page: import('playwright-core').Page) => Promise<void>} ready
 * @property {() => Promise<unknown>} [end]
 */

const NIGHT_CUSTOMER = 'c-night';
const WHY = 'could not extend file "base/16405/16461": No space left on device';
const SHOP = { shop: 'berlin', channel: 'web' };

/**
 * In the order in which they are taken: what one leaves behind is in the next.
 *
 * @param {import('./system.mjs').System} system
 * @returns {Scene[]}
 */
export function scenesOf(system) {
  const parked = parkedOrder(system);
  const transfer = interruptedTransfer(system);
  return [
    {
      name: 'overview',
      begin: async () => {
        await parked.begin();
        await system.stopDemo();
        await transfer.begin();
        return '/?range=15m';
      },
      ready: async (page) => {
        await page.locator(`li[data-transaction="${parked.id()}"]`).waitFor();
        // What is prepared needs somebody once it has been so for ten seconds.
        await page.getByText('prepared for').waitFor({ timeout: 60_000 });
        await page.locator('.recharts-surface').nth(2).waitFor();
      },
    },
    {
      name: 'two-phase',
      begin: () => Promise.resolve(`/transactions/${transfer.id()}`),
      ready: (page) => page.locator('[data-step="north"]').waitFor(),
    },
    {
      name: 'in-doubt',
      begin: () => Promise.resolve('/in-doubt'),
      ready: (page) => page.getByText('commits once it is told').waitFor(),
      end: transfer.end,
    },
    {
      name: 'parked',
      begin: () => Promise.resolve(`/transactions/${parked.id()}`),
      ready: async (page) => {
        await page.locator('[data-step="confirm-order"]').waitFor();
        await page.getByRole('button', { name: 'Retry now' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByText('order.confirm').waitFor();
        await dialog.getByLabel('Reason').fill('disk of the order database is extended');
      },
      end: parked.end,
    },
    compensated(system),
    running(system),
  ];
}

/** @param {import('./system.mjs').System} system */
function parkedOrder(system) {
  let id = '';
  return {
    id: () => id,
    begin: async () => {
      await breakConfirm(system.orders, WHY, NIGHT_CUSTOMER);
      id = await system.start(order({ customerId: NIGHT_CUSTOMER }));
      await system.until(id, ({ status }) => status === 'parked', 'the order to be parked');
    },
    end: () => repairConfirm(system.orders),
  };
}

/**
 * Decided, told to the south, while the north has prepared and does not answer any more.
 *
 * @param {import('./system.mjs').System} system
 */
function interruptedTransfer(system) {
  let id = '';
  return {
    id: () => id,
    begin: async () => {
      system.signal('warehouse-south', 'SIGSTOP');
      const [from, to] = ['warehouse-north', 'warehouse-south'];
      const input = { sku: 'SKU-007', quantity: 5, from, to };
      id = await system.start({ definition: 'transfer-stock', input, labels: { tour: '118' } });
      const isPrepared = async () =>
        (await system.inDoubt()).some((/** @type {any} */ item) => item.transaction === id);
      await system.until(id, isPrepared, 'the north to be prepared');
      system.signal('warehouse-north', 'SIGSTOP');
      system.signal('warehouse-south', 'SIGCONT');
      await system.until(id, ({ decision }) => decision === 'commit', 'the decision');
    },
    end: () => {
      system.signal('warehouse-north', 'SIGCONT');
      return system.until(
        id,
        ({ status }) => status === 'committed',
        'the transfer to be committed',
      );
    },
  };
}

/**
 * @param {import('./system.mjs').System} system
 * @returns {Scene}
 */
function compensated(system) {
  return {
    name: 'compensated',
    begin: async () => {
      const id = await system.start(order({ card: 'tok_declined' }));
      await system.until(id, ({ status }) => status === 'compensated', 'it to be compensated');
      return `/transactions/${id}?step=charge-card`;
    },
    ready: async (page) => {
      await page.locator('[data-step="charge-card"]').waitFor();
      await page.getByText('order.reject').first().waitFor();
    },
  };
}

/**
 * @param {import('./system.mjs').System} system
 * @returns {Scene}
 */
function running(system) {
  return {
    name: 'running',
    begin: async () => {
      system.signal('payment', 'SIGSTOP');
      const id = await system.start(order({}));
      const isWaiting = (/** @type {any} */ { waitingFor: [waiting] }) =>
        waiting?.operation === 'charge' && waiting.attempt > 1;
      await system.until(id, isWaiting, 'a second attempt to charge');
      return `/transactions/${id}?step=charge-card`;
    },
    ready: (page) => page.locator('[data-step="charge-card"]').waitFor(),
    end: () => {
      system.signal('payment', 'SIGCONT');
      return Promise.resolve();
    },
  };
}

/** @param {object} input */
function order(input) {
  const items = [
    { sku: 'WIDGET', quantity: 2 },
    { sku: 'GADGET', quantity: 1 },
  ];
  const all = { customerId: 'c-2041', items, card: 'tok_visa', ...input };
  return { definition: 'place-order', input: all, labels: SHOP };
}
