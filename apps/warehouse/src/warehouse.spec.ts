import { randomUUID } from 'node:crypto';
import { serviceForAll } from '../../../test/setup/service.js';
import { loadConfig } from './config.js';
import { startWarehouse } from './warehouse.js';

const WAREHOUSE_NAME = 'warehouse-north';
const { get } = serviceForAll((env) => startWarehouse(loadConfig({ WAREHOUSE_NAME, ...env })));

test('is a participant of the name it is told', () => {
  const DATABASE_URL = 'postgres://u@127.0.0.1/db';
  expect(() => loadConfig({ DATABASE_URL, WAREHOUSE_NAME: 'The North' })).toThrow(/WAREHOUSE_NAME/);
  expect(() => loadConfig({ DATABASE_URL })).toThrow(/WAREHOUSE_NAME/);
  expect(loadConfig({ DATABASE_URL, WAREHOUSE_NAME })).toMatchObject({ PORT: 4604 });
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
