import { randomUUID } from 'node:crypto';
import { handle } from '../../../test/setup/handler.js';
import { databaseForEach } from '../../../test/setup/service.js';
import { paymentDatabase } from './database.js';
import { PaymentParticipant } from './payment.participant.js';

const payments = new PaymentParticipant();
const dataSource = databaseForEach(paymentDatabase);

interface Charge {
  orderId: string;
  customerId: string;
  card: string;
  amountCents: number;
}

const charge = (request: Partial<Charge> = {}, attempt = 1) =>
  handle(
    dataSource(),
    (context) =>
      payments.charge(
        {
          orderId: randomUUID(),
          customerId: 'c-1',
          card: 'tok_visa',
          amountCents: 3_980,
          ...request,
        },
        context,
      ),
    { attempt },
  );

const refund = (orderId: string) =>
  handle(dataSource(), (context) => payments.refund({ orderId }, context));

const balance = async (id: string) => {
  const rows = await dataSource().query<{ cents: string }[]>(
    'select balance_cents as cents from account where id = $1',
    [id],
  );
  return rows[0] && Number(rows[0].cents);
};

/** What the ledger says: accounts whose balance and payments do not add up to what they began with. */
const inconsistent = () =>
  dataSource().query<unknown[]>(`
    select id from account where opened_with_cents <> balance_cents + (
      select coalesce(sum(amount_cents), 0) from payment
      where customer_id = account.id and status <> 'refunded')`);

test('a charge moves money out of an account that is opened at first use', async () => {
  const { chargeId } = await charge();
  expect(chargeId).toMatch(/^[0-9a-f-]{36}$/);
  expect(await balance('c-1')).toBe(100_000_000 - 3_980);
  await charge();
  expect(await balance('c-1')).toBe(100_000_000 - 2 * 3_980);
  expect(await inconsistent()).toEqual([]);
});

test.each([
  ['card-declined', { card: 'tok_declined' }],
  ['card-unknown', { card: 'tok_other' }],
  ['insufficient-funds', { customerId: 'c-broke' }],
  ['insufficient-funds', { amountCents: 100_000_001 }],
])('%s takes nothing and writes nothing', async (reason, request) => {
  await expect(charge(request)).rejects.toMatchObject({ name: 'StepRejected', reason });
  expect(await balance('c-1')).toBeUndefined();
  expect(await balance('c-broke')).toBe(0);
});

test('a flaky card breaks down twice after the money moved, which is rolled back, then works', async () => {
  const request = { card: 'tok_flaky', orderId: randomUUID() };
  for (const attempt of [1, 2]) {
    await expect(charge(request, attempt)).rejects.toThrow(`at attempt ${attempt}`);
    expect(await balance('c-1')).toBeUndefined();
  }
  await charge(request, 3);
  expect(await balance('c-1')).toBe(100_000_000 - 3_980);
  expect(await inconsistent()).toEqual([]);
});

test('an order is paid once, and again only after a refund', async () => {
  const orderId = randomUUID();
  await charge({ orderId });
  await expect(charge({ orderId })).rejects.toMatchObject({ reason: 'already-charged' });
  await refund(orderId);
  expect(await balance('c-1')).toBe(100_000_000);
  await expect(refund(orderId)).rejects.toMatchObject({ reason: 'nothing-to-refund' });
  await charge({ orderId });
  expect(await balance('c-1')).toBe(100_000_000 - 3_980);
  expect(await inconsistent()).toEqual([]);
});

test('concurrent charges never overdraw an account, and money is conserved', async () => {
  const amountCents = 15_000_000;
  const orders = Array.from({ length: 12 }, () => randomUUID() as string);
  const results = await Promise.allSettled(
    orders.map((orderId) => charge({ orderId, amountCents })),
  );
  const paid = orders.filter((_order, index) => results[index]?.status === 'fulfilled');
  expect(paid).toHaveLength(6);
  expect(await balance('c-1')).toBe(10_000_000);
  expect(await inconsistent()).toEqual([]);

  await Promise.all([...paid.map(refund), charge({ amountCents: 1 })]);
  expect(await balance('c-1')).toBe(99_999_999);
  expect(await inconsistent()).toEqual([]);
});
