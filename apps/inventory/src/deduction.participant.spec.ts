import { randomUUID } from 'node:crypto';
import { handle, handleTry } from '../../../test/setup/handler.js';
import { prepare } from '../../../test/setup/prepared.js';
import { databaseForEach } from '../../../test/setup/service.js';
import { inventoryDatabase } from './database.js';
import { bookDeductions, DeductionParticipant } from './deduction.participant.js';
import { HoldParticipant } from './hold.participant.js';
import { StockController } from './stock.controller.js';
import { StockParticipant } from './stock.participant.js';

const deductions = new DeductionParticipant();
const stock = new StockParticipant();
const dataSource = databaseForEach(inventoryDatabase);

const reserve = (orderId: string, quantity: number) =>
  handle(dataSource(), (context) =>
    stock.reserve({ orderId, items: [{ sku: 'WIDGET', quantity }] }, context),
  );

const reserved = async (quantity: number) => {
  const orderId = randomUUID();
  await reserve(orderId, quantity);
  return orderId;
};

const deduct = (orderId: string) =>
  [
    dataSource(),
    (context: Parameters<DeductionParticipant['deduct']>[1]) =>
      deductions.deduct({ orderId }, context),
  ] as const;

const widgets = async () => {
  const { onHand, reserved, available } = await new StockController(dataSource()).find('WIDGET');
  return [onHand, reserved, available];
};

test('what is reserved leaves the store once it is decided, booked or not', async () => {
  const orderId = await reserved(3);
  const prepared = await prepare(...deduct(orderId));
  expect(prepared.reply).toEqual({ items: [{ sku: 'WIDGET', quantity: 3 }] });
  await bookDeductions(dataSource());
  expect(await widgets()).toEqual([10_000, 3, 9_997]);
  await prepared.commit();
  expect(await widgets()).toEqual([9_997, 0, 9_997]);
  await bookDeductions(dataSource());
  expect(await widgets()).toEqual([9_997, 0, 9_997]);
  expect(
    await dataSource().query('select on_hand, reserved from stock where sku = $1', ['WIDGET']),
  ).toEqual([{ on_hand: 9_997, reserved: 0 }]);
  expect(await dataSource().query('select from deduction')).toEqual([]);
});

test('an abort leaves it reserved', async () => {
  const orderId = await reserved(3);
  await (await prepare(...deduct(orderId))).abort();
  expect(await widgets()).toEqual([10_000, 3, 9_997]);
});

test("orders of the same sku stand in nobody's way while they are prepared", async () => {
  const orders = await Promise.all([1, 2, 3].map(reserved));
  const prepared = await Promise.all(orders.map((orderId) => prepare(...deduct(orderId))));
  await reserved(4);
  await Promise.all(prepared.map(({ commit }) => commit()));
  await Promise.all([bookDeductions(dataSource()), bookDeductions(dataSource()), reserved(5)]);
  expect(await widgets()).toEqual([9_994, 9, 9_985]);
});

test('nothing is deducted twice, or for an order that holds nothing for good', async () => {
  const orderId = await reserved(1);
  await handle(...deduct(orderId));
  const no = { name: 'StepRejected', reason: 'nothing-reserved' };
  await expect(handle(...deduct(orderId))).rejects.toMatchObject(no);
  await expect(handle(...deduct(randomUUID()))).rejects.toMatchObject(no);
  const held = { orderId: randomUUID(), items: [{ sku: 'WIDGET', quantity: 1 }] };
  await handleTry(dataSource(), (context) => new HoldParticipant().hold(held, context));
  await expect(handle(...deduct(held.orderId))).rejects.toMatchObject(no);
});
