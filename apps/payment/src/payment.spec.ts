import { randomUUID } from 'node:crypto';
import { serviceForAll } from '../../../test/setup/service.js';
import { loadConfig } from './config.js';
import { startPayment } from './payment.js';

const { get, send } = serviceForAll((env) => startPayment(loadConfig(env)));

const balance = async (customerId: string) => (await get(`/accounts/${customerId}`)).body;

const charge = (orderId: string, customerId: string, card = 'tok_visa', attempt = 1) =>
  send({
    transaction: orderId,
    operation: 'charge',
    attempt,
    data: { orderId, customerId, card, amountCents: 3_980 },
  });

test('every customer has an account, which looking does not open', async () => {
  const untouched = { id: 'c-new', balanceCents: 100_000_000 };
  expect(await get('/accounts/c-new')).toEqual({ status: 200, body: untouched });
  expect(await balance('c-broke')).toEqual({ id: 'c-broke', balanceCents: 0 });
  expect(await get('/accounts/no%20customer')).toMatchObject({ status: 404 });
});

test('a charge is seen on the account and among the payments, a refund as well', async () => {
  const orderId = randomUUID();
  const reply = (await charge(orderId, 'c-1')) as { reply: { chargeId: string } };
  const payment = {
    id: reply.reply.chargeId,
    orderId,
    customerId: 'c-1',
    amountCents: 3_980,
    status: 'captured',
  };
  expect(await get(`/payments?orderId=${orderId}`)).toEqual({
    status: 200,
    body: { items: [payment] },
  });
  expect(await balance('c-1')).toEqual({ id: 'c-1', balanceCents: 99_996_020 });

  await send({
    transaction: orderId,
    operation: 'refund',
    direction: 'compensation',
    data: { orderId },
  });
  expect(await get('/payments')).toEqual({
    status: 200,
    body: { items: [{ ...payment, status: 'refunded' }] },
  });
  expect(await balance('c-1')).toEqual({ id: 'c-1', balanceCents: 100_000_000 });
});

test('a refund that overtakes its charge closes the door on it', async () => {
  const orderId = randomUUID();
  const refund = { operation: 'refund', direction: 'compensation', data: { orderId } } as const;
  expect(await send({ transaction: orderId, ...refund })).toEqual({
    outcome: 'succeeded',
    reply: {},
  });
  expect(await charge(orderId, 'c-2')).toMatchObject({
    outcome: 'rejected',
    reason: 'late-action',
  });
  expect(await balance('c-2')).toMatchObject({ balanceCents: 100_000_000 });
});

test('a flaky card fails twice and takes the money once', async () => {
  const orderId = randomUUID();
  const outcomes = [];
  for (const attempt of [1, 2, 3, 4]) {
    outcomes.push(await charge(orderId, 'c-3', 'tok_flaky', attempt));
    if (attempt === 2) expect(await balance('c-3')).toMatchObject({ balanceCents: 100_000_000 });
  }
  expect(outcomes).toMatchObject([
    { outcome: 'failed' },
    { outcome: 'failed' },
    { outcome: 'succeeded' },
    { outcome: 'succeeded' },
  ]);
  expect(outcomes[3]).toEqual(outcomes[2]);
  expect(await balance('c-3')).toMatchObject({ balanceCents: 99_996_020 });
});

test('what is authorized and captured can be settled, and the ledger shows it', async () => {
  const orderId = randomUUID();
  const ask = (operation: string, direction: 'prepare' | 'commit', data: object) =>
    send({ transaction: orderId, step: `${operation}.1`, operation, direction, data });
  const items = [{ sku: 'GADGET', quantity: 2 }];
  const request = { orderId, customerId: 'c-5', card: 'tok_visa', items };
  const status = async () => (await get(`/payments?orderId=${orderId}`)).body;

  expect(await ask('authorize', 'prepare', request)).toMatchObject({ vote: 'commit' });
  expect(await status()).toMatchObject({ items: [{ status: 'authorized', amountCents: 4_980 }] });
  expect(await ask('authorize', 'commit', request)).toMatchObject({
    reply: { amountCents: 4_980 },
  });
  expect(await status()).toMatchObject({ items: [{ status: 'captured' }] });
  expect(await ask('settle', 'prepare', { orderId })).toMatchObject({ vote: 'commit' });
  expect(await get('/ledger')).toMatchObject({ body: { items: [], count: 0, totalCents: 0 } });
  expect(await ask('settle', 'commit', { orderId })).toMatchObject({
    reply: { amountCents: 4_980 },
  });
  expect(await get('/ledger')).toMatchObject({
    body: { items: [{ orderId, amountCents: 4_980 }], count: 1, totalCents: 4_980 },
  });
  expect(await status()).toMatchObject({ items: [{ status: 'settled' }] });
  expect(await balance('c-5')).toMatchObject({ balanceCents: 99_995_020 });
});

test.each([
  ['card-declined', 'c-4', 'tok_declined'],
  ['card-unknown', 'c-4', 'tok_other'],
  ['insufficient-funds', 'c-broke', 'tok_visa'],
])('%s is a final no', async (reason, customerId, card) => {
  const orderId = randomUUID();
  const before = await balance(customerId);
  expect(await charge(orderId, customerId, card)).toMatchObject({ outcome: 'rejected', reason });
  expect(await charge(orderId, customerId, card, 2)).toMatchObject({ outcome: 'rejected', reason });
  expect(await balance(customerId)).toEqual(before);
});
