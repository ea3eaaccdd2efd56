import { randomUUID } from 'node:crypto';
import { handle } from '../../../test/setup/handler.js';
import { prepare } from '../../../test/setup/prepared.js';
import { databaseForEach } from '../../../test/setup/service.js';
import { paymentDatabase } from './database.js';
import { LedgerController } from './ledger.controller.js';
import { SettlementParticipant } from './settlement.participant.js';

const settlements = new SettlementParticipant();
const dataSource = databaseForEach(paymentDatabase);

const captured = async (amountCents: number, customerId = 'c-1') => {
  const orderId = randomUUID();
  const charge = { orderId, customerId, card: 'tok_visa', amountCents };
  await handle(dataSource(), (context) => settlements.capture(charge, context));
  return orderId;
};

const settle = (orderId: string) =>
  [
    dataSource(),
    (context: Parameters<SettlementParticipant['settle']>[1]) =>
      settlements.settle({ orderId }, context),
  ] as const;

const ledger = (orderId?: string) => new LedgerController(dataSource()).list(orderId);

test('what was captured is booked when it is decided, and counted then', async () => {
  const orderId = await captured(3_980);
  const { reply, commit } = await prepare(...settle(orderId));
  expect(await ledger()).toEqual({ items: [], count: 0, totalCents: 0 });
  await commit();
  expect(await ledger(orderId)).toMatchObject({
    items: [{ id: reply.entryId, orderId, amountCents: 3_980 }],
    count: 1,
    totalCents: 3_980,
  });
  expect(await dataSource().query('select status from payment')).toEqual([{ status: 'settled' }]);
  expect(await ledger(randomUUID())).toMatchObject({ count: 0, totalCents: 0 });
});

test('settlements wait for nobody, not even of one customer', async () => {
  const orders = await Promise.all([1, 20, 300].map((cents) => captured(cents)));
  const prepared = await Promise.all(orders.map((orderId) => prepare(...settle(orderId))));
  await prepared[0]?.abort();
  await Promise.all(prepared.slice(1).map(({ commit }) => commit()));
  expect(await ledger()).toMatchObject({ count: 2, totalCents: 320 });
});

test("while a capture is prepared, payments of the same customer wait and nobody else's", async () => {
  const charge = (customerId: string) => ({
    orderId: randomUUID(),
    customerId,
    card: 'tok_visa',
    amountCents: 1,
  });
  const capture = (customerId: string) =>
    prepare(dataSource(), (context) => settlements.capture(charge(customerId), context));
  const one = await capture('c-1');
  const other = await capture('c-2');
  await expect(capture('c-1')).rejects.toThrow(/lock timeout/);
  await Promise.all([one.commit(), other.commit()]);
});

test('nothing is settled that was not captured, or twice', async () => {
  const no = { name: 'StepRejected', reason: 'payment-not-captured' };
  await expect(handle(...settle(randomUUID()))).rejects.toMatchObject(no);
  const orderId = await captured(1);
  await handle(...settle(orderId));
  await expect(handle(...settle(orderId))).rejects.toMatchObject({
    ...no,
    detail: `the payment of order ${orderId} is settled`,
  });
});

test('the ledger is append-only', async () => {
  await handle(...settle(await captured(1)));
  for (const sql of ['update ledger_entry set amount_cents = 2', 'delete from ledger_entry']) {
    await expect(dataSource().query(sql)).rejects.toThrow(/append-only/);
  }
});
