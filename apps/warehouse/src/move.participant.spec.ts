import { randomUUID } from 'node:crypto';
import { handle } from '../../../test/setup/handler.js';
import { prepare } from '../../../test/setup/prepared.js';
import { databaseForEach } from '../../../test/setup/service.js';
import { warehouseDatabase } from './database.js';
import { move } from './move.participant.js';
import { StockController } from './stock.controller.js';

const dataSource = databaseForEach(warehouseDatabase);

const moving = (sku: string, quantity: number, transferId = randomUUID()) =>
  [
    dataSource(),
    ({ db }: Parameters<Parameters<typeof handle>[1]>[0]) =>
      move(db, { sku, quantity, transferId }),
  ] as const;

const onHand = async (sku: string) => (await new StockController(dataSource()).find(sku)).onHand;

/** Skus of which there is something else than the beginning and all movements say. */
const inconsistent = async () => {
  const { items } = await new StockController(dataSource()).list();
  const moved = await dataSource().query<{ sku: string; sum: number }[]>(
    'select sku, sum(quantity)::integer as sum from movement group by sku',
  );
  const sums = new Map(moved.map(({ sku, sum }) => [sku, sum]));
  return items.filter(({ sku, onHand, opening }) => onHand !== opening + (sums.get(sku) ?? 0));
};

test('there is 10,000 of each of 102 skus to begin with', async () => {
  const { items } = await new StockController(dataSource()).list();
  expect(items).toHaveLength(102);
  expect(items.every(({ onHand }) => onHand === 10_000)).toBe(true);
  expect(items[2]).toEqual({ sku: 'SKU-002', onHand: 10_000, opening: 10_000 });
});

test('what comes in is there to go out, down to nothing and never below', async () => {
  await handle(...moving('WIDGET', 5));
  expect(await onHand('WIDGET')).toBe(10_005);
  await handle(...moving('WIDGET', -10_005));
  expect(await onHand('WIDGET')).toBe(0);
  const one = handle(...moving('WIDGET', -1));
  await expect(one).rejects.toMatchObject({ name: 'StepRejected', reason: 'not-enough-stock' });
  expect(await inconsistent()).toEqual([]);
});

test.each([1, -1])('a sku that nobody knows is refused (%d)', async (quantity) => {
  await expect(handle(...moving('NOPE', quantity))).rejects.toMatchObject({
    reason: 'unknown-sku',
  });
});

test('what comes in by a transfer that is not decided is neither seen nor spent', async () => {
  const coming = await prepare(...moving('GADGET', 7));
  expect(await onHand('GADGET')).toBe(10_000);
  await expect(handle(...moving('GADGET', -10_001))).rejects.toMatchObject({
    reason: 'not-enough-stock',
  });
  await coming.commit();
  await handle(...moving('GADGET', -10_007));
  expect(await onHand('GADGET')).toBe(0);
  expect(await inconsistent()).toEqual([]);
});

test('while something goes out, only what goes out of the same sku waits', async () => {
  const going = await prepare(...moving('WIDGET', -10));
  const others = [
    await prepare(...moving('WIDGET', 3)),
    await prepare(...moving('WIDGET', 4)),
    await prepare(...moving('GADGET', -5)),
  ];
  await expect(prepare(...moving('WIDGET', -1))).rejects.toThrow(/lock timeout/);
  await going.abort();
  const next = await prepare(...moving('WIDGET', -2));
  for (const one of [...others, next]) await one.commit();
  expect(await onHand('WIDGET')).toBe(10_000 + 3 + 4 - 2);
  expect(await inconsistent()).toEqual([]);
});

test('a start does not wait for what is prepared, which would wait for the start', async () => {
  const going = await prepare(...moving('WIDGET', -10));
  await dataSource().transaction(async (db) => {
    await db.query('set local lock_timeout = 300');
    await warehouseDatabase.seed(db);
  });
  await going.commit();
  expect(await onHand('WIDGET')).toBe(9_990);
  expect(await inconsistent()).toEqual([]);
});

test('many at once lose nothing and take no more than there is', async () => {
  const quantities = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? 40 : -1_500));
  const moves = quantities.map((quantity) => handle(...moving('SKU-100', quantity)));
  const done = (await Promise.allSettled(moves)).filter(({ status }) => status === 'fulfilled');
  expect(done.length).toBeGreaterThanOrEqual(26);
  expect(await onHand('SKU-100')).toBeGreaterThanOrEqual(0);
  expect(await onHand('SKU-100')).toBeLessThan(1_500);
  expect(await inconsistent()).toEqual([]);
});
