import { inventory, order, payment, placeOrder } from './place-order.fixture.js';
import { RUN_ID as orderId } from './run.js';
import { runSaga, type SagaRun } from './saga-run.js';

const input = { sku: 'book', quantity: 2 };
const create = order.create({ orderId, ...input });
const reserve = inventory.reserve({ orderId, ...input });
const charge = payment.charge({ orderId, amountCents: 1_990 });
const confirm = order.confirm({ orderId, chargeId: 'c-9' });
const release = inventory.release({ orderId, reservationId: 'r-7' });
const reject = order.reject({ orderId });

const begin = () => runSaga(placeOrder, input);
const created = () => begin().expects(create).succeeds({ totalCents: 1_990 });
const reserved = () => created().expects(reserve).succeeds({ reservationId: 'r-7' });
const charged = () => reserved().expects(charge).succeeds({ chargeId: 'c-9' });
const undoneFrom = (run: SagaRun) =>
  run.expects(release).succeeds().expects(reject).succeeds().expectsNothing();

test('an order is confirmed once its stock is reserved and its card is charged', () => {
  const run = charged().expects(confirm).succeeds().expectsNothing();

  expect(run.status).toBe('completed');
  expect(run.output).toEqual({ orderId, totalCents: 1_990 });
  expect(run.failure).toBeNull();
});

test('nothing is undone when the very first step is rejected', () => {
  const run = begin().rejects('customer-unknown', 'c-404').expectsNothing();

  expect(run.status).toBe('compensated');
  expect(run.failure).toEqual({
    step: 'create-order',
    participant: 'order',
    operation: 'create',
    outcome: 'rejected',
    reason: 'customer-unknown',
    detail: 'c-404',
  });
});

test('a rejected step is not undone, those before it are', () => {
  const run = created().rejects('out-of-stock').expects(reject).succeeds().expectsNothing();

  expect(run.status).toBe('compensated');
  expect(run.failure?.reason).toBe('out-of-stock');
});

test('a declined card gives the reserved stock back, latest first', () => {
  const run = undoneFrom(reserved().rejects('card-declined'));

  expect(run.status).toBe('compensated');
  expect(run.failure).toMatchObject({ step: 'charge-card', reason: 'card-declined' });
});

test('a step that fails goes on once it is better', () => {
  expect(created().fails('unavailable', 2).expects(reserve).pending?.attempt).toBe(3);
  expect(created().timesOut(2).succeeds({ reservationId: 'r-7' }).expects(charge).status).toBe(
    'running',
  );
});

test('S4: an unknown compensatable step is undone by what its caller knows', () => {
  const unknown = inventory.release({ orderId, reservationId: null });
  const run = created().timesOut(3).expects(unknown).succeeds().expects(reject).succeeds();

  expect(run.status).toBe('compensated');
  expect(run.failure).toMatchObject({ step: 'reserve-stock', reason: 'timeout' });
});

test('S4: an unknown pivot is asked by bar and turns back when it is barred', () => {
  const run = reserved().timesOut(2).expects(charge);
  expect(run.pending?.direction).toBe('bar');

  expect(undoneFrom(run.barred()).status).toBe('compensated');
  expect(run.failure).toMatchObject({ step: 'charge-card', outcome: 'failed', reason: 'timeout' });
});

test('S4: an unknown pivot that turns out done goes forward, one that was refused turns back', () => {
  const asked = () => reserved().fails('unavailable', 2);

  expect(asked().succeeds({ chargeId: 'c-9' }).expects(confirm).succeeds().status).toBe(
    'completed',
  );
  expect(undoneFrom(asked().rejects('card-declined')).status).toBe('compensated');
});

test('S4: silence to bar parks the saga until a retry asks again or a human knows', () => {
  const silent = () => reserved().timesOut(2).timesOut(2).expectsNothing();

  expect(silent().parked).toMatchObject({ reason: 'outcome-unknown', from: 'running' });
  expect(undoneFrom(silent().retry().barred()).status).toBe('compensated');
  expect(silent().resolve('succeeded', { chargeId: 'c-9' }).expects(confirm).status).toBe(
    'running',
  );
  expect(undoneFrom(silent().resolve('rejected')).failure?.reason).toBe('resolved-as-rejected');
});

test('S7: a refused or exhausted retriable step parks and goes on by retry', () => {
  const refused = charged().rejects('order-gone').expectsNothing();
  expect(refused.parked).toMatchObject({ reason: 'retriable-rejected', detail: 'order-gone' });
  expect(refused.retry().expects(confirm).succeeds().status).toBe('completed');

  const exhausted = charged().timesOut(2).expectsNothing();
  expect(exhausted.parked?.reason).toBe('attempts-exhausted');
  expect(exhausted.retry().timesOut(1).expects(confirm).succeeds().status).toBe('completed');
});

test('S7: a refused or exhausted compensation parks and goes on by retry, skip or resolve', () => {
  const refused = () => reserved().rejects('declined').expects(release).rejects('not-yours');
  expect(refused().parked).toMatchObject({ reason: 'compensation-rejected', from: 'compensating' });
  expect(undoneFrom(refused().retry()).status).toBe('compensated');
  expect(refused().skip().expects(reject).succeeds().status).toBe('compensated');
  expect(refused().resolve('succeeded').expects(reject).succeeds().status).toBe('compensated');
  expect(refused().resolve('rejected').refusal).toContain('has to succeed');
  expect(refused().cancel().refusal).toContain('compensating already');

  const exhausted = reserved().rejects('declined').timesOut(2).expectsNothing();
  expect(exhausted.parked?.reason).toBe('attempts-exhausted');
});

test('S3: cancel turns back until the pivot is sent and is refused from then on', () => {
  const unknown = inventory.release({ orderId, reservationId: null });
  const early = created().cancel('changed my mind').expects(unknown).succeeds().expects(reject);
  expect(early.succeeds().failure).toMatchObject({
    step: null,
    outcome: 'cancelled',
    detail: 'changed my mind',
  });
  expect(early.cancel().refusal).toBeNull();

  for (const late of [reserved(), charged(), reserved().timesOut(2)]) {
    expect(late.cancel().refusal).toContain('can only go forward');
    expect(late.status).toBe('running');
  }
});

test('S3: the deadline turns back until the pivot is sent and is ignored from then on', () => {
  const run = created().fails('busy').deadlinePasses();
  expect(run.failure).toMatchObject({ outcome: 'deadline-passed', detail: 'busy' });
  expect(run.succeeds().expects(reject).succeeds().status).toBe('compensated');

  expect(reserved().deadlinePasses().expects(charge).status).toBe('running');
  expect(charged().deadlinePasses().expects(confirm).status).toBe('running');
});

test('a human may skip a parked step, with or without a reply in its place', () => {
  const parked = () => charged().rejects('order-gone');
  expect(parked().skip({}).status).toBe('completed');
  expect(parked().skip().status).toBe('completed');

  const unreadable = () => reserved().succeeds({ charge: 'c-9' });
  expect(unreadable().parked).toMatchObject({ reason: 'protocol-error', from: 'running' });
  expect(unreadable().skip({ charge: 1 }).refusal).toContain('/chargeId');
  expect(unreadable().skip({ chargeId: 'c-9' }).expects(confirm).status).toBe('running');
  expect(unreadable().skip().parked?.reason).toBe('mapping-failed'); // It needs the charge's id.
});

test('operator commands fit the state, or say why not', () => {
  expect(created().skip().refusal).toContain('only a parked');
  expect(created().resolve('succeeded').refusal).toContain('only a parked');
  expect(created().retry().expects(reserve).refusal).toBeNull();
  const completed = charged().succeeds();
  for (const ask of ['cancel', 'retry', 'skip'] as const) {
    expect(completed[ask]().refusal).toBe('it has ended as completed');
  }
});

test('the kit says what differs from the story', () => {
  expect(() => begin().expects(order.create({ orderId, sku: 'book', quantity: 3 }))).toThrow(
    /order.create is asked with another request\n[^]*- {3}"quantity": 3[^]*\+ {3}"quantity": 2/,
  );
  expect(() => begin().expects(reserve)).toThrow('expected inventory.reserve, but order.create');
  expect(() => begin().expectsNothing()).toThrow('but order.create is asked');
  expect(() => charged().succeeds().succeeds()).toThrow('nothing is asked');
  expect(() => created().timesOut(4)).toThrow('it was asked 3 times, not 4');
  expect(() => runSaga(placeOrder, { sku: 'book', quantity: '2' } as never)).toThrow('/quantity');
});
