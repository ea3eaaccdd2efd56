import { randomUUID } from 'node:crypto';
import { serviceForAll } from '../../../test/setup/service.js';
import { loadConfig } from './config.js';
import { startOrder } from './order.js';

const { get, send } = serviceForAll((env) => startOrder(loadConfig(env)));

const items = [
  { sku: 'WIDGET', quantity: 2 },
  { sku: 'GADGET', quantity: 1 },
];

const create = (orderId: string, lines = items) =>
  send({
    transaction: orderId,
    operation: 'create',
    step: 'create-order',
    data: { orderId, customerId: 'c-1', items: lines },
  });

const settle = (orderId: string, operation: 'confirm' | 'reject') =>
  send({
    transaction: orderId,
    operation,
    step: operation === 'reject' ? 'create-order' : 'confirm-order',
    direction: operation === 'reject' ? 'compensation' : 'action',
    data: { orderId },
  });

test('an order is seen with its lines and total while it goes its way', async () => {
  const orderId = randomUUID();
  expect(await create(orderId)).toEqual({
    outcome: 'succeeded',
    reply: { orderId, totalCents: 6_470 },
  });
  const order = { id: orderId, customerId: 'c-1', status: 'pending', items, totalCents: 6_470 };
  expect(await get(`/orders/${orderId}`)).toEqual({ status: 200, body: order });
  expect(await settle(orderId, 'confirm')).toEqual({ outcome: 'succeeded', reply: {} });
  expect(await get(`/orders/${orderId}`)).toMatchObject({ body: { status: 'confirmed' } });
});

test('orders are listed newest first', async () => {
  const [older, newer] = [randomUUID(), randomUUID()];
  await create(older);
  await create(newer);
  await settle(older, 'reject');
  expect(await get('/orders')).toMatchObject({
    status: 200,
    body: {
      items: [
        { id: newer, status: 'pending', items },
        { id: older, status: 'rejected', items },
        { status: 'confirmed' },
      ],
    },
  });
});

test('a sku that the catalogue lacks is a final no, and no order is seen', async () => {
  const orderId = randomUUID();
  expect(await create(orderId, [{ sku: 'NOPE', quantity: 1 }])).toEqual({
    outcome: 'rejected',
    reason: 'unknown-sku',
    detail: 'NOPE',
  });
  expect(await get(`/orders/${orderId}`)).toMatchObject({
    status: 404,
    body: { code: 'ROUTE_NOT_FOUND', detail: `there is no order ${orderId}` },
  });
});

test('an id that is no id is not found either', async () => {
  expect(await get('/orders/nope')).toMatchObject({ status: 404 });
});
