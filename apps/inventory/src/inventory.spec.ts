import { randomUUID } from 'node:crypto';
import { serviceForAll } from '../../../test/setup/service.js';
import { loadConfig } from './config.js';
import { startInventory } from './inventory.js';

const { origin, get, send } = serviceForAll((env) => startInventory(loadConfig(env)));

const restock = (sku: string, body: string) =>
  fetch(`${origin()}/stock/${sku}/restock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });

test('begins with its opening stock', async () => {
  const full = { onHand: 10_000, reserved: 0, available: 10_000 };
  expect(await get('/stock')).toEqual({
    status: 200,
    body: {
      items: [
        { sku: 'GADGET', ...full },
        { sku: 'RARE', onHand: 1, reserved: 0, available: 1 },
        { sku: 'WIDGET', ...full },
      ],
    },
  });
  expect(await get('/stock/WIDGET')).toEqual({ status: 200, body: { sku: 'WIDGET', ...full } });
});

const reserve = (orderId: string, sku: string) =>
  send({
    transaction: orderId,
    operation: 'reserve',
    data: { orderId, items: [{ sku, quantity: 2 }] },
  });

const release = (orderId: string) =>
  send({
    transaction: orderId,
    operation: 'release',
    direction: 'compensation',
    data: { orderId },
  });

test('what a command reserves is seen, and seen to be released', async () => {
  const orderId = randomUUID();
  const first = await reserve(orderId, 'GADGET');
  expect(first).toMatchObject({ outcome: 'succeeded' });
  expect(await reserve(orderId, 'GADGET')).toEqual(first);
  expect(await get('/stock/GADGET')).toMatchObject({ body: { reserved: 2, available: 9_998 } });
  const held = { id: expect.any(String) as string, orderId, sku: 'GADGET', quantity: 2 };
  expect(await get(`/reservations?orderId=${orderId}`)).toEqual({
    status: 200,
    body: { items: [{ ...held, status: 'held' }] },
  });

  expect(await release(orderId)).toEqual({ outcome: 'succeeded', reply: {} });
  expect(await get('/stock/GADGET')).toMatchObject({ body: { reserved: 0, available: 10_000 } });
  expect(await get(`/reservations?orderId=${orderId}`)).toMatchObject({
    body: { items: [{ ...held, status: 'released' }] },
  });
});

test('a hold is kept by its confirm, and a deduction is seen when it is committed', async () => {
  const orderId = randomUUID();
  const ask = (operation: string, direction: 'prepare' | 'commit', data: object) =>
    send({ transaction: orderId, step: `${operation}.1`, operation, direction, data });
  const items = [{ sku: 'WIDGET', quantity: 3 }];
  expect(await ask('hold', 'prepare', { orderId, items })).toMatchObject({ vote: 'commit' });
  expect(await get('/stock/WIDGET')).toMatchObject({ body: { onHand: 10_000, reserved: 3 } });
  expect(await ask('hold', 'commit', { orderId, items })).toMatchObject({
    reply: { reservationIds: [expect.any(String)] },
  });
  expect(await ask('deduct', 'prepare', { orderId })).toMatchObject({ vote: 'commit' });
  expect(await get('/stock/WIDGET')).toMatchObject({ body: { onHand: 10_000, reserved: 3 } });
  expect(await ask('deduct', 'commit', { orderId })).toMatchObject({ reply: { items } });
  expect(await get('/stock/WIDGET')).toMatchObject({ body: { onHand: 9_997, reserved: 0 } });
  expect(await get(`/reservations?orderId=${orderId}`)).toMatchObject({
    body: { items: [{ status: 'deducted' }] },
  });
});

test('a refusal carries its reason and takes nothing', async () => {
  expect(await reserve(randomUUID(), 'RARE')).toMatchObject({
    outcome: 'rejected',
    reason: 'out-of-stock',
    detail: 'not enough of RARE',
  });
  expect(await get('/stock/RARE')).toMatchObject({ body: { available: 1 } });
});

test('stock can be delivered, in whole positive quantities', async () => {
  const response = await restock('RARE', '{"quantity":4}');
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ sku: 'RARE', onHand: 5, reserved: 0, available: 5 });

  const wrong = await restock('RARE', '{"quantity":0}');
  expect(wrong.status).toBe(400);
  expect(await wrong.json()).toMatchObject({
    code: 'REQUEST_INVALID',
    errors: [{ pointer: '/quantity' }],
  });
  expect((await restock('RARE', '{"quantity":2000000000}')).status).toBe(409);
  expect((await restock('NOPE', '{"quantity":1}')).status).toBe(404);
  expect((await restock('RARE', '{"__proto__":{},"quantity":1}')).status).toBe(400);
  expect((await restock('RARE', '{')).status).toBe(400);
});

test.each([
  ['/stock/NOPE', 404, 'ROUTE_NOT_FOUND'],
  ['/nowhere', 404, 'ROUTE_NOT_FOUND'],
  ['/reservations?orderId=nope', 400, 'REQUEST_INVALID'],
])('%s is answered by problem details', async (path, status, code) => {
  const response = await fetch(`${origin()}${path}`);
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(await response.json()).toMatchObject({
    type: `urn:skald:problem:${code}`,
    status,
    code,
    instance: path.split('?')[0],
  });
});

test('is healthy, and gives nothing away by its headers', async () => {
  expect(await get('/health/live')).toMatchObject({ status: 200 });
  expect(await get('/health/ready')).toMatchObject({ status: 200 });
  const { headers } = await fetch(`${origin()}/nowhere`);
  expect(headers.get('x-powered-by')).toBeNull();
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
});
