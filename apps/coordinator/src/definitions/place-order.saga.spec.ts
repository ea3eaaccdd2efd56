import { inventory, order, payment } from '@skald/contracts';
import { describe as describeSaga, validate } from '@skald/core';
import { RUN_ID as orderId, runSaga } from '@skald/testing';
import { readFileSync } from 'node:fs';
import { placeOrder } from './place-order.saga.js';

const input = { customerId: 'c-1', items: [{ sku: 'WIDGET', quantity: 2 }], card: 'tok_visa' };
const { customerId, items, card } = input;

const create = order.create({ orderId, customerId, items });
const reserve = inventory.reserve({ orderId, items });
const charge = payment.charge({ orderId, customerId, card, amountCents: 3_980 });
const confirm = order.confirm({ orderId });
const release = inventory.release({ orderId });
const reject = order.reject({ orderId });

const created = () =>
  runSaga(placeOrder, input).expects(create).succeeds({ orderId, totalCents: 3_980 });
const reserved = () => created().expects(reserve).succeeds({ reservationIds: [] });

test('an order is confirmed once its stock is reserved and its card is charged', () => {
  const run = reserved()
    .expects(charge)
    .succeeds({ chargeId: orderId })
    .expects(confirm)
    .succeeds()
    .expectsNothing();

  expect(run.status).toBe('completed');
  expect(run.output).toEqual({ orderId, totalCents: 3_980 });
});

test('a declined card gives the stock back and rejects the order', () => {
  const run = reserved()
    .expects(charge)
    .rejects('card-declined')
    .expects(release)
    .succeeds()
    .expects(reject)
    .succeeds()
    .expectsNothing();

  expect(run.status).toBe('compensated');
  expect(run.failure).toMatchObject({ step: 'charge-card', reason: 'card-declined' });
});

test('stock that is short rejects the order and releases nothing', () => {
  const run = created().rejects('out-of-stock').expects(reject).succeeds().expectsNothing();

  expect(run.status).toBe('compensated');
  expect(run.failure).toMatchObject({ step: 'reserve-stock', reason: 'out-of-stock' });
});

test('nothing is undone when the catalogue lacks a sku', () => {
  const run = runSaga(placeOrder, input).rejects('unknown-sku').expectsNothing();

  expect(run.status).toBe('compensated');
});

test('a flaky card is asked again and the order goes on', () => {
  const run = reserved().fails('handler-error', 2).expects(charge).succeeds({ chargeId: orderId });

  expect(run.expects(confirm).succeeds().status).toBe('completed');
});

test('a reservation whose outcome stays unknown is released', () => {
  const run = created().timesOut(20).expects(release).succeeds().expects(reject).succeeds();

  expect(run.status).toBe('compensated');
});

test('a charge whose outcome stays unknown is barred before anything is undone', () => {
  const run = reserved().timesOut(50);
  expect(run.pending?.direction).toBe('bar');

  run.barred().expects(release).succeeds().expects(reject).succeeds();
  expect(run.status).toBe('compensated');
});

test.each([
  ['/customerId', { ...input, customerId: 'no spaces' }],
  ['/items/0/quantity', { ...input, items: [{ sku: 'WIDGET', quantity: 0 }] }],
  ['/items', { ...input, items: [] }],
  ['/card', { customerId, items }],
  ['/coupon', { ...input, coupon: 'x' }],
])('input that is wrong at "%s" is refused by that pointer', (pointer, wrong) => {
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

test('the guide shows the definition that runs', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const source = read('./place-order.saga.ts');

  expect(read('../../../../docs/guides/first-saga.md')).toContain(
    source.slice(source.indexOf('const PlaceOrder')),
  );
});
