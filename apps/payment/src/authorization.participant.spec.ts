import { randomUUID } from 'node:crypto';
import { handleAfter, handleTry } from '../../../test/setup/handler.js';
import { databaseForEach } from '../../../test/setup/service.js';
import { AccountsController } from './accounts.controller.js';
import { Account } from './account.entity.js';
import { AuthorizationParticipant, giveBackExpired } from './authorization.participant.js';
import { paymentDatabase } from './database.js';

const authorizations = new AuthorizationParticipant();
const dataSource = databaseForEach(paymentDatabase);
const OPENING = 100_000_000;

const request = (given: object = {}) => ({
  orderId: randomUUID(),
  customerId: 'c-1',
  card: 'tok_visa',
  items: [
    { sku: 'WIDGET', quantity: 2 },
    { sku: 'GADGET', quantity: 1 },
  ],
  ...given,
});

const authorize = (given: object = {}) =>
  handleTry(dataSource(), (context) => authorizations.authorize(request(given), context));

type Authorized = Awaited<ReturnType<typeof authorize>>;

const decide = (how: 'capture' | 'cancel', authorized: Authorized) =>
  handleAfter(dataSource(), authorized, (context) => authorizations[how](request(), context));

const balance = async (id = 'c-1') => {
  const accounts = new AccountsController(dataSource().getRepository(Account));
  return (await accounts.find(id)).balanceCents;
};

const statuses = async () => {
  const rows = await dataSource().query<{ status: string }[]>('select status from payment');
  return rows.map(({ status }) => status);
};

const expire = () =>
  dataSource().query(
    `update payment set expires_at = now() - interval '1 ms' where expires_at is not null`,
  );

test('the price of the items is set aside and captured by the confirm, for good', async () => {
  const authorized = await authorize();
  expect(authorized.amountCents).toBe(2 * 1_990 + 2_490);
  expect(Date.parse(authorized.authorizedUntil)).toBeGreaterThan(Date.now() + 60_000);
  expect(await statuses()).toEqual(['authorized']);
  await decide('capture', authorized);
  await expire();
  await giveBackExpired(dataSource());
  await decide('cancel', authorized);
  expect(await statuses()).toEqual(['captured']);
  expect(await balance()).toBe(OPENING - 6_470);
});

test('a cancel gives it back, once', async () => {
  const authorized = await authorize();
  await decide('cancel', authorized);
  await decide('cancel', authorized);
  expect(await statuses()).toEqual(['refunded']);
  expect(await balance()).toBe(OPENING);
});

test('it goes back by itself, and is not captured afterwards, noticed or not', async () => {
  const all = [await authorize(), await authorize(), await authorize({ customerId: 'c-2' })];
  await expire();
  const [first] = all;
  const expired = { reason: 'authorization-expired' };
  if (first) await expect(decide('capture', first)).rejects.toMatchObject(expired);
  await giveBackExpired(dataSource());
  expect([await balance(), await balance('c-2')]).toEqual([OPENING, OPENING]);
  for (const one of all) await expect(decide('capture', one)).rejects.toMatchObject(expired);
  expect(await statuses()).toEqual(['refunded', 'refunded', 'refunded']);
});

test.each([
  ['card-declined', { card: 'tok_declined' }],
  ['insufficient-funds', { customerId: 'c-broke' }],
  ['unknown-sku', { items: [{ sku: 'NOPE', quantity: 1 }] }],
])('%s sets nothing aside', async (reason, given) => {
  await expect(authorize(given)).rejects.toMatchObject({ name: 'StepRejected', reason });
  expect(await statuses()).toEqual([]);
});
