import { randomUUID } from 'node:crypto';
import { waitFor } from '../../tools/wait.mjs';
import type { TransactionView } from '../setup/client.js';
import { kafkaBrokers } from '../setup/kafka.js';
import { sendCommand } from '../setup/send-command.js';
import { startSkald, type Skald } from '../setup/skald.js';
import { Shop } from './shop.js';

const WIDGET_CENTS = 1_990;
const OPENING_CENTS = 100_000_000;
const items = [{ sku: 'WIDGET', quantity: 2 }];
const paid = (customerId: string, card = 'tok_visa') => ({ customerId, items, card });
const [NORTH, SOUTH] = ['warehouse-north', 'warehouse-south'];

describe.each(['http', 'kafka'])('two-phase commit and TCC over %s', (transport) => {
  const kafka = transport === 'kafka';
  let skald: Skald;
  let shop: Shop;

  beforeAll(async () => {
    const brokers = kafka ? (await kafkaBrokers()).join(',') : '';
    const env = { KAFKA_BROKERS: brokers, SKALD_TOPIC_PREFIX: `e2e-${randomUUID()}` };
    skald = await startSkald({ kafka, env });
    shop = new Shop(skald);
  }, 600_000);

  afterAll(() => skald.stop());

  /** All that a settlement touches, as anybody may see it. */
  const seenOf = async (orderId: string) => ({
    order: (await shop.placed(orderId)).status,
    payments: (await shop.payments(orderId)).map(({ status }) => status),
    reservations: (await shop.reservations(orderId)).map(({ status }) => status),
    booked: await shop.ledger(orderId),
    ledger: (await shop.ledger()).totalCents,
    widgets: await shop.stock('WIDGET'),
  });

  const settle = (orderId: string) => shop.run('settle-order', { orderId });

  describe('settle-order', () => {
    test('commits in all three services', async () => {
      const { id: orderId } = await shop.order({ items });
      const before = await seenOf(orderId);
      const done = await settle(orderId);

      expect(done).toMatchObject({
        protocol: 'two-phase',
        status: 'committed',
        decision: 'commit',
        heuristic: null,
        output: { orderId, amountCents: 2 * WIDGET_CENTS },
        branches: ['order', 'ledger', 'stock'].map((name) => ({
          ...{ name, vote: 'commit', acknowledged: true, inDoubt: false, reason: null },
        })),
      });
      const { onHand, reserved, available } = before.widgets;
      expect(await seenOf(orderId)).toMatchObject({
        order: 'completed',
        payments: ['settled'],
        reservations: ['deducted'],
        booked: { count: 1, totalCents: 2 * WIDGET_CENTS },
        ledger: before.ledger + 2 * WIDGET_CENTS,
        widgets: { onHand: onHand - 2, reserved: reserved - 2, available },
      });
      const again = await settle(orderId);
      expect(again).toMatchObject({ status: 'aborted', failure: { outcome: 'rejected' } });
      expect(await seenOf(orderId)).toMatchObject({ booked: { count: 1 } });
    });

    /** Orders of which one service alone says no. */
    const spoiled = {
      order: async () => (await shop.run('reserve-and-pay', paid('c-no-order'))).id,
      ledger: () => orderWithout('payment', 'refund'),
      stock: () => orderWithout('inventory', 'release'),
    } as const;

    async function orderWithout(service: 'payment' | 'inventory', operation: string) {
      const { id: orderId } = await shop.order({ items });
      const command = { transaction: randomUUID(), operation, data: { orderId } };
      await sendCommand(skald.url(service), command);
      return orderId;
    }

    test.each([
      ['order', 'order-unknown'],
      ['ledger', 'payment-not-captured'],
      ['stock', 'nothing-reserved'],
    ] as const)('a no of %s leaves no effect anywhere, and says why', async (branch, reason) => {
      const orderId = await spoiled[branch]();
      const before = await seenOf(orderId);
      const done = await settle(orderId);

      expect(done).toMatchObject({
        status: 'aborted',
        decision: 'abort',
        output: null,
        failure: { step: branch, outcome: 'rejected', reason },
      });
      expect(done.branches).toHaveLength(3);
      const voted = done.branches.find(({ name }) => name === branch);
      expect(voted).toMatchObject({ vote: 'abort', reason });
      for (const { name, vote, acknowledged } of done.branches) {
        if (name !== branch) expect([vote, acknowledged]).not.toEqual(['commit', false]);
      }
      expect(await seenOf(orderId)).toEqual(before);
    });
  });

  describe('transfer-stock', () => {
    test('moves stock both ways', async () => {
      const input = { sku: 'SKU-050', quantity: 30, from: NORTH, to: SOUTH };
      const there = await shop.run('transfer-stock', input);
      expect(there).toMatchObject({ status: 'committed', output: input });
      expect(await shop.stored('SKU-050')).toEqual([9_970, 10_030]);
      expect(await shop.moved(there.id)).toEqual([[-30], [30]]);

      const back = { sku: 'SKU-050', quantity: 10_030, from: SOUTH, to: NORTH };
      expect(await shop.run('transfer-stock', back)).toMatchObject({ status: 'committed' });
      expect(await shop.stored('SKU-050')).toEqual([20_000, 0]);
    });

    test.each([
      ['not-enough-stock', { sku: 'SKU-051', quantity: 10_001 }],
      ['unknown-sku', { sku: 'SKU-999', quantity: 1 }],
    ])('%s moves nothing', async (reason, what) => {
      const input = { ...what, from: SOUTH, to: NORTH };
      const done = await shop.run('transfer-stock', input);
      expect(done).toMatchObject({ status: 'aborted', failure: { outcome: 'rejected', reason } });
      expect(await shop.moved(done.id)).toEqual([[], []]);
      expect(await shop.stored('SKU-051')).toEqual([10_000, 10_000]);
    });
  });

  describe('reserve-and-pay', () => {
    test.each(['tok_visa', 'tok_flaky'])('keeps both holds, paid with %s', async (card) => {
      const customer = `c-tcc-${card}`;
      const before = await shop.stock('WIDGET');
      const done = await shop.run('reserve-and-pay', paid(customer, card));

      const amountCents = 2 * WIDGET_CENTS;
      expect(done).toMatchObject({
        status: 'committed',
        output: { orderId: done.id, amountCents },
      });
      expect(await shop.payments(done.id)).toMatchObject([{ status: 'captured', amountCents }]);
      expect(await shop.reservations(done.id)).toMatchObject([{ status: 'held' }]);
      expect(await shop.balance(customer)).toBe(OPENING_CENTS - amountCents);
      expect((await shop.stock('WIDGET')).reserved).toBe(before.reserved + 2);
    });

    test.each([
      ['card-declined', paid('c-tcc-no', 'tok_declined')],
      ['out-of-stock', { ...paid('c-tcc-no'), items: [{ sku: 'RARE', quantity: 2 }] }],
    ])('%s lets both go', async (reason, input) => {
      const before = await shop.stock('WIDGET');
      const done = await shop.run('reserve-and-pay', input);
      expect(done).toMatchObject({ status: 'aborted', failure: { outcome: 'rejected', reason } });
      expect(await shop.balance('c-tcc-no')).toBe(OPENING_CENTS);
      expect(await shop.stock('WIDGET')).toEqual(before);
      for (const { status } of await shop.payments(done.id)) expect(status).toBe('refunded');
      for (const { status } of await shop.reservations(done.id)) expect(status).toBe('released');
    });
  });

  describe('place-order-atomic', () => {
    const take = (view: TransactionView) => view.steps.find(({ name }) => name === 'take');

    test('takes stock and money together, and can be settled', async () => {
      const customer = 'c-atomic';
      const done = await shop.run('place-order-atomic', paid(customer));
      expect(done).toMatchObject({
        ...{ protocol: 'saga', status: 'completed' },
        output: { orderId: done.id, totalCents: 2 * WIDGET_CENTS },
      });
      expect(take(done)).toMatchObject({
        ...{ kind: 'pivot', state: 'succeeded', action: null, decision: 'commit' },
        branches: [
          { name: 'hold-stock', vote: 'commit', acknowledged: true },
          { name: 'capture-payment', vote: 'commit', acknowledged: true },
        ],
      });
      expect(await seenOf(done.id)).toMatchObject({
        ...{ order: 'confirmed', payments: ['captured'], reservations: ['held'] },
      });
      expect(await shop.balance(customer)).toBe(OPENING_CENTS - 2 * WIDGET_CENTS);
      expect(await settle(done.id)).toMatchObject({ status: 'committed' });
    });

    test.each([
      ['capture-payment', 'card-declined', paid('c-atomic-no', 'tok_declined')],
      [
        ...(['hold-stock', 'out-of-stock'] as const),
        { ...paid('c-atomic-no'), items: [{ sku: 'RARE', quantity: 2 }] },
      ],
    ])('%s says %s: nothing of the other is seen', async (step, reason, input) => {
      const before = await shop.stock('WIDGET');
      const done = await shop.run('place-order-atomic', input);
      expect(done).toMatchObject({
        ...{ status: 'compensated', output: null },
        failure: { step, outcome: 'rejected', reason },
      });
      expect(take(done)).toMatchObject({ state: 'rejected', decision: 'abort' });
      expect((await shop.placed(done.id)).status).toBe('rejected');
      expect(await shop.payments(done.id)).toEqual([]);
      expect(await shop.balance('c-atomic-no')).toBe(OPENING_CENTS);
      expect(await shop.stock('WIDGET')).toEqual(before);
      for (const { status } of await shop.reservations(done.id)) expect(status).toBe('released');
    });
  });

  test('nothing is left prepared', async () => {
    // What is shown is what participants told last, some seconds ago.
    const isNothing = async () => {
      const { status, body } = await shop.ask<{ items: unknown[] }>('in-doubt');
      return status === 200 && body.items.length === 0;
    };
    await waitFor(isNothing, { timeoutMs: 20_000, what: 'nothing to be prepared', everyMs: 500 });
  });
});
