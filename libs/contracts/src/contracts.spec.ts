import { jsonSchema, validate, type Operation } from '@skald/core';
import { inventory, order, payment, warehouse } from './index.js';

const orderId = '0198c0de-0000-7000-8000-000000000001';
const items = [{ sku: 'WIDGET', quantity: 2 }];

test('every operation takes what our definitions send and nothing more', () => {
  const requests = [
    [order.create, { orderId, customerId: 'c-1', items }],
    [order.reject, { orderId }],
    [order.confirm, { orderId }],
    [inventory.reserve, { orderId, items }],
    [inventory.release, { orderId }],
    [payment.charge, { orderId, customerId: 'c-1', card: 'tok_visa', amountCents: 3_980 }],
    [payment.refund, { orderId }],
    [order.complete, { orderId }],
    [inventory.hold, { orderId, items }],
    [inventory.deduct, { orderId }],
    [payment.authorize, { orderId, customerId: 'c-1', card: 'tok_visa', items }],
    [payment.capture, { orderId, customerId: 'c-1', card: 'tok_visa', amountCents: 3_980 }],
    [payment.settle, { orderId }],
    [warehouse('north').move, { sku: 'WIDGET', quantity: -2, transferId: orderId }],
  ] as const as readonly (readonly [Pick<Operation, 'request'>, object])[];
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

test('a move is a whole quantity in either direction, and never none', () => {
  const { move } = warehouse('warehouse-north');
  expect([move.participant, move.operation]).toEqual(['warehouse-north', 'move']);
  const check = (quantity: unknown) =>
    validate(move.request, { sku: 'WIDGET', quantity, transferId: orderId }).ok;
  expect([5, -5, 1_000_000_000].map(check)).toEqual([true, true, true]);
  expect([0, -0, 1.5, '5', null, -1_000_000_001].map(check)).toEqual(new Array(6).fill(false));
  expect(() => warehouse('The North')).toThrow(/not a name/);
});
