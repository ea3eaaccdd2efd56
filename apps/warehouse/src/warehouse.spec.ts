import { randomUUID } from 'node:crypto';
import { serviceForAll } from '../../../test/setup/service.js';
import { loadConfig } from './config.js';
import { startWarehouse } from './warehouse.js';

const WAREHOUSE_NAME = 'warehouse-north';
const { get, send } = serviceForAll((env) =>
  startWarehouse(loadConfig({ WAREHOUSE_NAME, ...env })),
);

test('is a participant of the name it is told', () => {
  const urls = {
    DATABASE_URL: 'postgres://u@127.0.0.1/db',
    COORDINATOR_URL: 'http://127.0.0.1:4600',
  };
  expect(() => loadConfig({ ...urls, WAREHOUSE_NAME: 'The North' })).toThrow(/WAREHOUSE_NAME/);
  expect(() => loadConfig(urls)).toThrow(/WAREHOUSE_NAME/);
  expect(loadConfig({ ...urls, WAREHOUSE_NAME })).toMatchObject({ PORT: 4604 });
});

test('moves when it is told the decision, and shows nothing before', async () => {
  const transferId = randomUUID();
  const ask = (direction: 'prepare' | 'commit' | 'abort', round: number) =>
    send({
      transaction: transferId,
      operation: 'move',
      step: `north.${round}`,
      direction,
      data: { transferId, sku: 'SKU-002', quantity: -7 },
    });
  const left = async () => ((await get('/stock/SKU-002')).body as { onHand: number }).onHand;

  expect(await ask('prepare', 1)).toMatchObject({ outcome: 'succeeded', vote: 'commit' });
  expect(await left()).toBe(10_000);
  expect(await ask('abort', 1)).toMatchObject({ outcome: 'succeeded' });
  expect(await ask('prepare', 2)).toMatchObject({ outcome: 'succeeded', vote: 'commit' });
  const done = await ask('commit', 2);
  expect(done).toMatchObject({
    outcome: 'succeeded',
    reply: { movementId: expect.any(String) as string },
  });
  expect(await ask('commit', 2)).toEqual(done);
  expect(await left()).toBe(9_993);
  expect(await get(`/movements?transferId=${transferId}`)).toMatchObject({
    body: { items: [{ transferId, sku: 'SKU-002', quantity: -7 }] },
  });
});

test('a no is its vote, with the reason', async () => {
  const transaction = randomUUID();
  const data = { transferId: transaction, sku: 'SKU-003', quantity: -10_001 };
  const step = { transaction, operation: 'move', step: 'north.1' } as const;
  expect(await send({ ...step, direction: 'prepare', data })).toMatchObject({
    outcome: 'rejected',
    reason: 'not-enough-stock',
  });
  expect(await send({ ...step, direction: 'commit', data })).toMatchObject({ outcome: 'hazard' });
});

test('shows what there is and what moved', async () => {
  expect(await get('/stock/SKU-001')).toEqual({
    status: 200,
    body: { sku: 'SKU-001', onHand: 10_000, opening: 10_000 },
  });
  expect(await get('/stock')).toMatchObject({ body: { items: { length: 102 } } });
  expect(await get(`/movements?transferId=${randomUUID()}`)).toEqual({
    status: 200,
    body: { items: [] },
  });
  expect(await get('/stock/NOPE')).toMatchObject({ status: 404 });
  expect(await get('/movements?transferId=x')).toMatchObject({ status: 400 });
  expect(await get('/health/ready')).toMatchObject({ status: 200 });
});
