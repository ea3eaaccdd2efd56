import { randomUUID } from 'node:crypto';
import { handleAfter, handleTry } from '../../../test/setup/handler.js';
import { databaseForEach } from '../../../test/setup/service.js';
import { inventoryDatabase } from './database.js';
import { HoldParticipant } from './hold.participant.js';
import { releaseExpired } from './reserve.js';
import { StockController } from './stock.controller.js';

const holds = new HoldParticipant();
const dataSource = databaseForEach(inventoryDatabase);
const items = [
  { sku: 'WIDGET', quantity: 2 },
  { sku: 'RARE', quantity: 1 },
];

const hold = (request = { orderId: randomUUID(), items }) =>
  handleTry(dataSource(), (context) => holds.hold(request, context));

type Held = Awaited<ReturnType<typeof hold>>;

const decide = (how: 'keep' | 'letGo', held: Held) =>
  handleAfter(dataSource(), held, (context) =>
    holds[how]({ orderId: randomUUID(), items }, context),
  );

const available = async (sku: string) =>
  (await new StockController(dataSource()).find(sku)).available;

const statuses = () =>
  dataSource().query<unknown[]>('select distinct status, expires_at from reservation');

/** As if the holds had been made longer ago than they were promised. */
const expire = () =>
  dataSource().query(
    `update reservation set expires_at = now() - interval '1 ms' where expires_at is not null`,
  );

test('a hold that is kept stays, whatever comes later', async () => {
  const held = await hold();
  expect(Date.parse(held.reservedUntil)).toBeGreaterThan(Date.now() + 60_000);
  expect(await available('RARE')).toBe(0);
  await decide('keep', held);
  await expire();
  await releaseExpired(dataSource());
  await decide('letGo', held);
  expect(await statuses()).toEqual([{ status: 'held', expires_at: null }]);
  expect(await available('WIDGET')).toBe(9_998);
});

test('a hold that is let go makes its stock available, once', async () => {
  const held = await hold();
  await decide('letGo', held);
  await decide('letGo', held);
  await releaseExpired(dataSource());
  expect(await statuses()).toEqual([{ status: 'released', expires_at: null }]);
  expect([await available('RARE'), await available('WIDGET')]).toEqual([1, 10_000]);
});

test('more than there is holds nothing', async () => {
  await hold();
  await expect(hold()).rejects.toMatchObject({ reason: 'out-of-stock' });
  expect(await available('WIDGET')).toBe(9_998);
});

test('a hold ends by itself, and is not kept afterwards, noticed or not', async () => {
  const held = await hold();
  await releaseExpired(dataSource());
  expect(await available('RARE')).toBe(0);
  await expire();
  await expect(decide('keep', held)).rejects.toMatchObject({ reason: 'hold-expired' });
  await releaseExpired(dataSource());
  expect([await available('RARE'), await available('WIDGET')]).toEqual([1, 10_000]);
  await expect(decide('keep', held)).rejects.toMatchObject({ reason: 'hold-expired' });
  await decide('letGo', held);
  expect(await statuses()).toEqual([{ status: 'released', expires_at: null }]);
});
