import { randomUUID } from 'node:crypto';
import { StepRejected } from '@skald/participant';
import { handle } from '../../../test/setup/handler.js';
import { databaseForEach } from '../../../test/setup/service.js';
import { inventoryDatabase } from './database.js';
import { StockParticipant } from './stock.participant.js';

const stock = new StockParticipant();
const dataSource = databaseForEach(inventoryDatabase);

const reserve = (orderId: string, ...items: { sku: string; quantity: number }[]) =>
  handle(dataSource(), (context) => stock.reserve({ orderId, items }, context));

const release = (orderId: string) =>
  handle(dataSource(), (context) => stock.release({ orderId }, context));

const level = async (sku: string) => {
  const rows = await dataSource().query<{ on_hand: number; reserved: number }[]>(
    'select on_hand, reserved from stock where sku = $1',
    [sku],
  );
  return [rows[0]?.on_hand, rows[0]?.reserved];
};

/** What the ledger says: skus whose reserved quantity is not the sum of their held reservations. */
const inconsistent = () =>
  dataSource().query<unknown[]>(`
    select sku from stock where reserved <> (
      select coalesce(sum(quantity), 0) from reservation
      where reservation.sku = stock.sku and status = 'held')`);

test('a reservation holds the stock of all lines, and its release gives it back once', async () => {
  const orderId = randomUUID();
  const { reservationIds } = await reserve(
    orderId,
    { sku: 'WIDGET', quantity: 2 },
    { sku: 'GADGET', quantity: 1 },
    { sku: 'WIDGET', quantity: 3 },
  );
  expect(reservationIds).toHaveLength(2);
  expect(await level('WIDGET')).toEqual([10_000, 5]);
  expect(await level('GADGET')).toEqual([10_000, 1]);

  await release(orderId);
  await release(orderId);
  expect(await level('WIDGET')).toEqual([10_000, 0]);
  expect(await level('GADGET')).toEqual([10_000, 0]);
  expect(await inconsistent()).toEqual([]);
});

test.each([
  ['more than there is', { sku: 'RARE', quantity: 2 }],
  ['far more than there is', { sku: 'RARE', quantity: 1_000_000_000 }],
  ['a sku nobody knows', { sku: 'NOPE', quantity: 1 }],
])('an order for %s holds nothing at all', async (_what, line) => {
  const attempt = reserve(randomUUID(), { sku: 'WIDGET', quantity: 1 }, line);
  await expect(attempt).rejects.toThrow(
    new StepRejected('out-of-stock', `not enough of ${line.sku}`),
  );
  expect(await level('WIDGET')).toEqual([10_000, 0]);
});

test('lines of one sku add up before they are checked', async () => {
  const half = { sku: 'WIDGET', quantity: 5_001 };
  await expect(reserve(randomUUID(), half, half)).rejects.toThrow(StepRejected);
  expect(await level('WIDGET')).toEqual([10_000, 0]);
});

test('of many who want the last one, one gets it', async () => {
  const wanting = Array.from({ length: 10 }, () =>
    reserve(randomUUID(), { sku: 'RARE', quantity: 1 }),
  );
  const results = await Promise.allSettled(wanting);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await level('RARE')).toEqual([1, 1]);
});

test('orders that name the same skus in opposite orders neither deadlock nor lose stock', async () => {
  const widget = { sku: 'WIDGET', quantity: 2 };
  const gadget = { sku: 'GADGET', quantity: 3 };
  const orders = Array.from({ length: 100 }, () => randomUUID() as string);
  await Promise.all(
    orders.map(async (orderId, index) => {
      await reserve(orderId, ...(index % 2 ? [widget, gadget] : [gadget, widget]));
      if (index % 4 === 0) await release(orderId);
    }),
  );
  expect(await level('WIDGET')).toEqual([10_000, 150]);
  expect(await level('GADGET')).toEqual([10_000, 225]);
  expect(await inconsistent()).toEqual([]);
});
