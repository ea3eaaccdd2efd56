import { inventory, payment } from '@skald/contracts';
import { RUN_ID as orderId, runTwoPhase } from '@skald/testing';
import { reserveAndPay } from './reserve-and-pay.two-phase.js';

const items = [{ sku: 'WIDGET', quantity: 2 }];
const input = { customerId: 'c-1', items, card: 'tok_visa' };
const hold = inventory.hold({ orderId, items });
const authorize = payment.authorize({ orderId, ...input });
const reservedUntil = '2026-11-25T12:00:00.000Z';

const begin = () => runTwoPhase(reserveAndPay, input).expects(hold, 'prepare').votes('commit');

test('what is held and authorized is confirmed', () => {
  const run = begin()
    .expects(authorize, 'prepare')
    .votes('commit')
    .expects(hold, 'commit')
    .succeeds({ reservationIds: [orderId], reservedUntil })
    .expects(authorize, 'commit')
    .succeeds({ chargeId: orderId, amountCents: 3_980, authorizedUntil: reservedUntil })
    .expectsNothing();

  expect(run.status).toBe('committed');
  expect(run.output).toEqual({
    orderId,
    chargeId: orderId,
    amountCents: 3_980,
    reservationIds: [orderId],
  });
});

test('a declined card lets the stock go', () => {
  const run = begin()
    .expects(authorize, 'prepare')
    .rejects('card-declined')
    .expects(hold, 'abort')
    .succeeds()
    .expectsNothing();

  expect(run.status).toBe('aborted');
  expect(run.failure).toMatchObject({ participant: 'payment', reason: 'card-declined' });
});

test('a flaky card is asked again within the same round', () => {
  const run = begin().expects(authorize, 'prepare').fails('handler-error', 2).votes('commit');

  expect([run.decision, run.round]).toEqual(['commit', 1]);
});

test('a hold that ended before its confirm came is shown, and waits for a human', () => {
  const run = begin().expects(authorize, 'prepare').votes('commit');
  run.expects(hold, 'commit').rejects('hold-expired');
  run.expects(authorize, 'commit').succeeds({
    ...{ chargeId: orderId, amountCents: 3_980, authorizedUntil: reservedUntil },
  });

  expect(run.status).toBe('parked');
});
