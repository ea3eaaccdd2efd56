import { inventory, order, payment } from '@skald/contracts';
import { describe as describeSaga } from '@skald/core';
import { RUN_ID as orderId, runSaga } from '@skald/testing';
import { placeOrderAtomic } from './place-order-atomic.saga.js';

const input = { customerId: 'c-1', items: [{ sku: 'WIDGET', quantity: 2 }], card: 'tok_visa' };
const { customerId, items, card } = input;
const totalCents = 3_980;

const create = order.create({ orderId, customerId, items });
const hold = inventory.hold({ orderId, items });
const capture = payment.capture({ orderId, customerId, card, amountCents: totalCents });
const confirm = order.confirm({ orderId });
const reject = order.reject({ orderId });
const held = { reservationIds: [orderId], reservedUntil: '2026-11-25T12:00:00.000Z' };

const begin = () =>
  runSaga(placeOrderAtomic, input).expects(create).succeeds({ orderId, totalCents });
const decided = () =>
  begin().expects(hold, 'prepare').votes('commit').expects(capture, 'prepare').votes('commit');

test('stock and money are taken together, then the order is confirmed', () => {
  const run = decided()
    .expects(hold, 'commit')
    .succeeds(held)
    .expects(capture, 'commit')
    .succeeds({ chargeId: orderId })
    .expects(confirm)
    .succeeds()
    .expectsNothing();

  expect(run.status).toBe('completed');
  expect(run.output).toEqual({
    ...{ orderId, totalCents, chargeId: orderId },
    reservationIds: [orderId],
  });
});

test('a declined card lets the stock go and rejects the order', () => {
  const run = begin().expects(hold, 'prepare').votes('commit');
  run.expects(capture, 'prepare').rejects('card-declined').expects(hold, 'abort').succeeds();

  run.expects(reject).succeeds().expectsNothing();
  expect(run.status).toBe('compensated');
  expect(run.failure).toMatchObject({
    ...{ step: 'capture-payment', participant: 'payment' },
    ...{ outcome: 'rejected', reason: 'card-declined' },
  });
});

test('stock that is short takes no money', () => {
  const run = begin().expects(hold, 'prepare').rejects('out-of-stock');
  run.expects(capture, 'abort').succeeds().expects(reject).succeeds().expectsNothing();

  expect(run.failure).toMatchObject({ step: 'hold-stock', reason: 'out-of-stock' });
});

test('until both have voted it can be cancelled, then it only goes forward', () => {
  const open = begin().expects(hold, 'prepare').votes('commit').cancel();
  open.expects(hold, 'abort').succeeds().expects(capture, 'abort').succeeds();
  expect(open.expects(reject).succeeds().status).toBe('compensated');

  expect(decided().cancel().refusal).toContain('only go forward');
});

test('its path is the one that callers were promised', () => {
  const path = describeSaga(placeOrderAtomic).steps.map(({ name, kind, branches = [] }) =>
    [name, kind, ...branches.map((branch) => `${branch.name}=${branch.operation}`)].join(' '),
  );
  expect(path).toEqual([
    'create-order compensatable',
    'take pivot hold-stock=inventory.hold capture-payment=payment.capture',
    'confirm-order retriable',
  ]);
});
