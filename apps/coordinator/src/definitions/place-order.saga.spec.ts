import {
  describe as describeSaga,
  pendingCommands,
  start,
  transition,
  validate,
  type Direction,
  type Reply,
  type SagaTransaction,
  type TransactionId,
} from '@skald/core';
import { placeOrder } from './place-order.saga.js';

const orderId = '0198c0de-0000-7000-8000-000000000001' as TransactionId;
const input = {
  customerId: 'c-1',
  items: [{ sku: 'WIDGET', quantity: 2 }],
  card: 'tok_visa',
};
const created: Reply = { outcome: 'succeeded', reply: { orderId, totalCents: 3_980 } };
const reserved: Reply = { outcome: 'succeeded', reply: { reservationIds: [] } };
const done: Reply = { outcome: 'succeeded', reply: {} };
const declined: Reply = { outcome: 'rejected', reason: 'card-declined' };

/** Answers the command that the saga waits for, which must be this one. */
function answer(
  transaction: SagaTransaction,
  expected: { operation: string; body: object },
  reply: Reply,
): SagaTransaction {
  const [command] = pendingCommands(placeOrder, transaction);
  if (!command) throw new Error(`nothing is pending, expected ${expected.operation}`);
  const { step, direction, attempt, participant, operation } = command;
  expect(`${participant}.${operation.operation}`).toBe(expected.operation);
  expect(JSON.parse(command.body)).toEqual(expected.body);
  return event(transaction, { step, direction, attempt, reply });
}

function event(
  transaction: SagaTransaction,
  answered: { step: string; direction: Direction; attempt: number; reply: Reply },
): SagaTransaction {
  return transition(placeOrder, transaction, {
    type: 'reply-received',
    at: 1,
    entropy: 0,
    ...answered,
  }).next;
}

function begin(): SagaTransaction {
  const definition = { name: 'place-order', version: 1, hash: '' };
  return start(placeOrder, { id: orderId, definition, input, at: 0 }).next;
}

const create = {
  operation: 'order.create',
  body: { orderId, customerId: 'c-1', items: input.items },
};
const reserve = { operation: 'inventory.reserve', body: { orderId, items: input.items } };
const charge = {
  operation: 'payment.charge',
  body: { orderId, customerId: 'c-1', card: 'tok_visa', amountCents: 3_980 },
};
const confirm = { operation: 'order.confirm', body: { orderId } };
const release = { operation: 'inventory.release', body: { orderId } };
const reject = { operation: 'order.reject', body: { orderId } };

test('an order is confirmed once its stock is reserved and its card is charged', () => {
  let order = answer(begin(), create, created);
  order = answer(order, reserve, reserved);
  order = answer(order, charge, { outcome: 'succeeded', reply: { chargeId: orderId } });
  order = answer(order, confirm, done);

  expect(order.status).toBe('completed');
  expect(JSON.parse(order.payloads.output ?? '')).toEqual({ orderId, totalCents: 3_980 });
});

test('a declined card gives the stock back and rejects the order', () => {
  let order = answer(begin(), create, created);
  order = answer(order, reserve, reserved);
  order = answer(order, charge, declined);
  order = answer(order, release, done);
  order = answer(order, reject, done);

  expect(order.status).toBe('compensated');
  expect(order.state.failure).toMatchObject({ step: 'charge-card', reason: 'card-declined' });
});

test('stock that is short rejects the order and releases nothing', () => {
  let order = answer(begin(), create, created);
  order = answer(order, reserve, { outcome: 'rejected', reason: 'out-of-stock' });
  order = answer(order, reject, done);

  expect(order.status).toBe('compensated');
  expect(order.state.failure).toMatchObject({ step: 'reserve-stock', reason: 'out-of-stock' });
});

test('nothing is undone when the catalogue lacks a sku', () => {
  const order = answer(begin(), create, { outcome: 'rejected', reason: 'unknown-sku' });

  expect(order.status).toBe('compensated');
  expect(order.state.steps.map(({ compensationAttempts }) => compensationAttempts)).toEqual([
    0, 0, 0, 0,
  ]);
});

test('a reservation whose outcome is unknown is released', () => {
  let order = answer(begin(), create, created);
  for (let attempt = 1; attempt <= 20; attempt++) {
    order = answer(order, reserve, { outcome: 'failed', reason: 'unavailable' });
  }
  order = answer(order, release, done);
  order = answer(order, reject, done);

  expect(order.status).toBe('compensated');
});

test.each([
  ['/customerId', { ...input, customerId: 'no spaces' }],
  ['/items/0/quantity', { ...input, items: [{ sku: 'WIDGET', quantity: 0 }] }],
  ['/items', { ...input, items: [] }],
  ['/card', { customerId: 'c-1', items: input.items }],
  ['', { ...input, coupon: 'x' }],
])('input that is wrong at %s is refused by that pointer', (pointer, wrong) => {
  expect(validate(placeOrder.input, wrong)).toMatchObject({ ok: false, errors: [{ pointer }] });
});

test('its path is the one that callers were promised', () => {
  const path = describeSaga(placeOrder).steps.map(({ name, kind, action, compensation }) =>
    [name, kind, action, compensation].join(' '),
  );
  expect(path).toEqual([
    'create-order compensatable order.create order.reject',
    'reserve-stock compensatable inventory.reserve inventory.release',
    'charge-card pivot payment.charge ',
    'confirm-order retriable order.confirm ',
  ]);
});
