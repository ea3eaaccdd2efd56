import { randomUUID } from 'node:crypto';
import { handle } from '../../../test/setup/handler.js';
import { databaseForEach } from '../../../test/setup/service.js';
import { orderDatabase } from './database.js';
import { OrderParticipant } from './order.participant.js';

const orders = new OrderParticipant();
const items = [
  { sku: 'WIDGET', quantity: 2 },
  { sku: 'GADGET', quantity: 1 },
  { sku: 'WIDGET', quantity: 1 },
];
const dataSource = databaseForEach(orderDatabase);

const create = (orderId: string, lines = items) =>
  handle(dataSource(), (context) =>
    orders.create({ orderId, customerId: 'c-1', items: lines }, context),
  );

const settle = (operation: 'confirm' | 'reject' | 'complete', orderId: string) =>
  handle<object>(dataSource(), (context) => orders[operation]({ orderId }, context));

const statuses = () =>
  dataSource().query<unknown[]>('select id, status from customer_order order by created_at');

test('an order costs what the catalogue says', async () => {
  const orderId = randomUUID();
  expect(await create(orderId)).toEqual({ orderId, totalCents: 3 * 1_990 + 2_490 });
  expect(await statuses()).toEqual([{ id: orderId, status: 'pending' }]);
});

test('skus that are not in the catalogue are all named, and no order is written', async () => {
  const lines = [...items, { sku: 'NOPE', quantity: 1 }, { sku: 'NADA', quantity: 1 }];
  await expect(create(randomUUID(), lines)).rejects.toMatchObject({
    reason: 'unknown-sku',
    detail: 'NOPE, NADA',
  });
  expect(await statuses()).toEqual([]);
});

test('an id that another transaction used is refused', async () => {
  const orderId = randomUUID();
  const results = await Promise.allSettled([create(orderId), create(orderId)]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await expect(create(orderId)).rejects.toMatchObject({ reason: 'order-exists' });
});

test('an order is confirmed or rejected, once and for good', async () => {
  const [kept, dropped] = [randomUUID(), randomUUID()];
  await create(kept);
  await create(dropped);
  await settle('confirm', kept);
  await settle('confirm', kept);
  await settle('reject', dropped);
  await settle('reject', dropped);
  await expect(settle('reject', kept)).rejects.toMatchObject({ reason: 'order-confirmed' });
  await expect(settle('confirm', dropped)).rejects.toMatchObject({ reason: 'order-rejected' });
  await expect(settle('confirm', randomUUID())).rejects.toMatchObject({ reason: 'order-unknown' });
  expect(await statuses()).toEqual([
    { id: kept, status: 'confirmed' },
    { id: dropped, status: 'rejected' },
  ]);
});

test('a confirmed order is completed, once and for good', async () => {
  const orderId = randomUUID();
  await create(orderId);
  const no = { name: 'StepRejected', reason: 'order-not-confirmed' };
  await expect(settle('complete', orderId)).rejects.toMatchObject({
    ...no,
    detail: `order ${orderId} is pending`,
  });
  await settle('confirm', orderId);
  expect(await settle('complete', orderId)).toEqual({ totalCents: 3 * 1_990 + 2_490 });
  await expect(settle('complete', orderId)).rejects.toMatchObject({ reason: 'order-completed' });
  const unknown = settle('complete', randomUUID());
  await expect(unknown).rejects.toMatchObject({ reason: 'order-unknown' });
  expect(await statuses()).toEqual([{ id: orderId, status: 'completed' }]);
});

test('the largest order there can be is counted to the cent', async () => {
  const most = Array.from({ length: 50 }, () => ({ sku: 'RARE', quantity: 1_000_000_000 }));
  const { totalCents } = await create(randomUUID(), most);
  expect(totalCents).toBe(50 * 1_000_000_000 * 99_900);
});
