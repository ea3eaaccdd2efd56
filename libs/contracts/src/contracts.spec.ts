import { jsonSchema, validate } from '@skald/core';
import { inventory, order, payment } from './index.js';

const orderId = '0198c0de-0000-7000-8000-000000000001';
const items = [{ sku: 'WIDGET', quantity: 2 }];

test('every operation takes what place-order sends and nothing more', () => {
  const requests = [
    [order.create, { orderId, customerId: 'c-1', items }],
    [order.reject, { orderId }],
    [order.confirm, { orderId }],
    [inventory.reserve, { orderId, items }],
    [inventory.release, { orderId }],
    [payment.charge, { orderId, customerId: 'c-1', card: 'tok_visa', amountCents: 3_980 }],
    [payment.refund, { orderId }],
  ] as const;
  for (const [operation, request] of requests) {
    expect(validate(operation.request, request).ok).toBe(true);
    expect(validate(operation.request, { ...request, extra: 1 }).ok).toBe(false);
    expect(jsonSchema(operation.request)).toMatchObject({ additionalProperties: false });
  }
});

test('an order has 1 to 50 lines of whole, positive quantities', () => {
  const check = (lines: unknown) => validate(inventory.reserve.request, { orderId, items: lines });
  const [line] = items;
  expect(check(new Array(50).fill(line)).ok).toBe(true);
  expect(check(new Array(51).fill(line)).ok).toBe(false);
  expect(check([]).ok).toBe(false);
  for (const quantity of [0, -1, 1.5, '2', null, Number.NaN, 1e12]) {
    const checked = check([line, { sku: 'WIDGET', quantity }]);
    expect(checked).toMatchObject({ ok: false, errors: [{ pointer: '/items/1/quantity' }] });
  }
});
