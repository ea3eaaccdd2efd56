import { inventory, order, payment } from '@skald/contracts';
import { describe as describeDefinition } from '@skald/core';
import { runTwoPhase } from '@skald/testing';
import { settleOrder } from './settle-order.two-phase.js';

const orderId = '0198c0de-0000-7000-8000-000000000001';
const complete = order.complete({ orderId });
const settle = payment.settle({ orderId });
const deduct = inventory.deduct({ orderId });
const entryId = '0198c0de-0000-7000-8000-000000000002';

const begin = () => runTwoPhase(settleOrder, { orderId });
const allPrepared = () =>
  begin()
    .expects(complete, 'prepare')
    .votes('commit')
    .expects(settle, 'prepare')
    .votes('commit')
    .expects(deduct, 'prepare')
    .votes('commit');

test('once all are prepared all commit, and the settlement is the answer', () => {
  const run = allPrepared();
  expect([run.status, run.decision]).toEqual(['committing', 'commit']);

  run
    .expects(deduct, 'commit')
    .succeeds({ items: [] })
    .expects(settle, 'commit')
    .succeeds({ entryId, amountCents: 3_980 })
    .expects(complete, 'commit')
    .succeeds({ totalCents: 3_980 })
    .expectsNothing();
  expect(run.status).toBe('committed');
  expect(run.output).toEqual({ orderId, entryId, amountCents: 3_980 });
});

test.each([
  ['order', complete, 'order-not-confirmed', [settle, deduct]],
  ['ledger', settle, 'payment-not-captured', [complete, deduct]],
  ['stock', deduct, 'nothing-reserved', [complete, settle]],
] as const)(
  'a no of %s aborts the others, and is the reason',
  (branch, command, reason, others) => {
    const run = begin();
    for (const other of others) run.expects(other, 'prepare').votes('commit');
    run.expects(command, 'prepare').rejects(reason);
    expect([run.status, run.decision]).toEqual(['aborting', 'abort']);

    for (const other of others) run.expects(other, 'abort').succeeds();
    run.expectsNothing();
    expect(run.status).toBe('aborted');
    expect(run.failure).toMatchObject({ step: branch, outcome: 'rejected', reason });
    expect(run.output).toBeNull();
  },
);

test('a branch that is in trouble is tried again as a whole, with everything rolled back between', () => {
  const run = begin().expects(complete, 'prepare').votes('commit');
  run.expects(settle, 'prepare').votes('commit').expects(deduct, 'prepare').timesOut(3);
  expect([run.status, run.decision]).toEqual(['preparing', null]);

  for (const command of [complete, settle, deduct]) run.expects(command, 'abort').succeeds();
  expect([run.status, run.round]).toEqual(['preparing', 2]);
  for (const command of [complete, settle, deduct]) run.expects(command, 'prepare').votes('commit');
  expect(run.decision).toBe('commit');
});

test('silence is no yes: at the deadline it is aborted', () => {
  const run = begin().expects(complete, 'prepare').votes('commit').deadlinePasses();
  for (const command of [complete, settle, deduct]) run.expects(command, 'abort').succeeds();

  expect(run.status).toBe('aborted');
  expect(run.failure).toMatchObject({ outcome: 'deadline-passed' });
});

test('what is decided is told for as long as it takes', () => {
  const run = allPrepared().expects(settle, 'commit').timesOut(50);

  expect(run.status).toBe('committing');
  expect(run.cancel().refusal).not.toBeNull();
});

test('its branches are the ones that callers were promised', () => {
  expect(describeDefinition(settleOrder).branches).toMatchObject([
    { name: 'order', operation: 'order.complete' },
    { name: 'ledger', operation: 'payment.settle' },
    { name: 'stock', operation: 'inventory.deduct' },
  ]);
});
