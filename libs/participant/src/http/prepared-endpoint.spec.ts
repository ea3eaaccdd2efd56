import type { INestApplication } from '@nestjs/common';
import type { PreparedReport } from '@skald/core';
import {
  participantDatabase,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { ask, padApp, padBranch } from '../../../../test/setup/pad.js';

const SECRET = 'a secret of 22 letters'.replaceAll(' ', '-');

let database: ParticipantDatabase;
let app: INestApplication;
let url: string;
beforeEach(async () => {
  database = await participantDatabase();
});
afterEach(async () => {
  await app.close();
  await database.drop();
});

async function start(secret?: string): Promise<void> {
  ({ app, url } = await padApp(database, { secret }));
}

function get(authorization = `Bearer ${SECRET}`): Promise<Response> {
  return fetch(`${url}/skald/v1/prepared`, { headers: { authorization } });
}

function resolve(body: unknown, authorization = `Bearer ${SECRET}`): Promise<Response> {
  return fetch(`${url}/skald/v1/prepared/resolve`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

it('lists what is prepared, and finishes it as a human says', async () => {
  await start(SECRET);
  const { prepare, commit } = padBranch('write', 'a');
  await ask(url, prepare);
  const response = await get();
  expect(response.status).toBe(200);
  const report = (await response.json()) as PreparedReport;
  expect(report).toMatchObject({ participant: 'pad', maxPrepared: 1_500 });
  const [{ gid } = { gid: '' }] = report.items;
  expect(report.items).toMatchObject([{ transaction: prepare.transaction, step: 'write.1' }]);

  const order = { gid, outcome: 'abort', by: 'ann', reason: 'it blocks' };
  const resolved = await resolve(order);
  expect([resolved.status, await resolved.json()]).toEqual([
    200,
    { gid, outcome: 'abort', result: 'heuristic-abort' },
  ]);
  expect(await (await resolve(order)).json()).toMatchObject({ result: 'already-abort' });
  expect(await ask(url, commit)).toEqual({ outcome: 'heuristic-abort' });
});

it.each(['', 'Bearer', 'Bearer wrong', `Basic ${SECRET}`, `Bearer ${SECRET}x`, SECRET])(
  'does nothing for %j',
  async (authorization) => {
    await start(SECRET);
    for (const response of [await get(authorization), await resolve({}, authorization)]) {
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(await response.json()).toMatchObject({ code: 'UNAUTHORIZED' });
    }
  },
);

it('is not there without a secret, and refuses one that is too short', async () => {
  await start();
  expect([(await get()).status, (await resolve({})).status]).toEqual([404, 404]);
  expect(await (await get()).json()).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
  await expect(padApp(database, { secret: 'short' })).rejects.toThrow('shorter than 16');
});

it('says what is wrong with an order', async () => {
  await start(SECRET);
  const order = { gid: 'skald:skald:x', outcome: 'abort', by: 'ann', reason: 'it blocks' };
  const statuses = async (...bodies: unknown[]) =>
    Promise.all(bodies.map(async (body) => (await resolve(body)).status));
  expect(
    await statuses(order, { ...order, outcome: 'x' }, '{', '', `"${'x'.repeat(20_000)}"`),
  ).toEqual([404, 400, 400, 400, 413]);
});
