import { ParticipantSilent } from '@skald/engine';
import { serve, type LocalServer } from '../../../test/setup/http-server.js';
import { HttpPrepared } from './http-prepared.js';

let server: LocalServer | undefined;
let prepared: HttpPrepared | undefined;
afterEach(async () => {
  await prepared?.close();
  await server?.close();
});

const SECRET = 'a shared secret of ours';
const REPORT = { participant: 'ledger', maxPrepared: 500, used: 0, items: [] };
const ORDER = { gid: 'g', outcome: 'commit', by: 'local', reason: 'why' } as const;

async function asking(status: number, body: unknown): Promise<HttpPrepared> {
  server = await serve((response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const participants = { ledger: { origin: server.origin } };
  prepared = new HttpPrepared({ participants, secret: SECRET, timeoutMs: 500 });
  return prepared;
}

test('it asks by the shared secret, and orders', async () => {
  const source = await asking(200, REPORT);
  expect(source.participants).toEqual(['ledger']);
  expect(await source.ask('ledger')).toEqual(REPORT);
  expect(server?.requests[0]).toMatchObject({
    method: 'GET',
    path: '/skald/v1/prepared',
    headers: { authorization: `Bearer ${SECRET}` },
  });
  await server?.close();
  const resolved = { gid: 'g', outcome: 'commit', result: 'heuristic-commit' };
  expect(await (await asking(200, resolved)).resolve('ledger', ORDER)).toEqual(resolved);
  const [request] = server?.requests ?? [];
  expect(request).toMatchObject({ method: 'POST', path: '/skald/v1/prepared/resolve' });
  expect(JSON.parse(request?.body ?? '')).toEqual(ORDER);
});

test('404 is that there is nothing', async () => {
  const source = await asking(404, {});
  expect(await source.ask('ledger')).toBeUndefined();
  expect(await source.resolve('ledger', ORDER)).toBeUndefined();
});

test.each([
  ['a refusal', 401, {}, 'http-401'],
  ['a redirect, which is not followed', 302, {}, 'http-302'],
  ['something else', 200, { participant: 'ledger' }, 'bad-answer'],
])('%s is silence that says why', async (_what, status, body, trouble) => {
  const source = await asking(status, body);
  await expect(source.ask('ledger')).rejects.toMatchObject({ trouble });
});

test('nobody there, and nobody who answers in time, is unreachable', async () => {
  const participants = { ledger: { origin: 'http://127.0.0.1:9' } };
  prepared = new HttpPrepared({ participants, secret: SECRET, timeoutMs: 200 });
  await expect(prepared.ask('ledger')).rejects.toThrow(ParticipantSilent);
  await prepared.close();
  server = await serve(() => undefined);
  const silent = { ledger: { origin: server.origin } };
  prepared = new HttpPrepared({ participants: silent, secret: SECRET, timeoutMs: 100 });
  await expect(prepared.resolve('ledger', ORDER)).rejects.toMatchObject({ trouble: 'unreachable' });
});

test('an origin off this machine has to be listed', () => {
  const participants = { ledger: { origin: 'http://10.0.0.1:1' } };
  expect(() => new HttpPrepared({ participants, secret: SECRET })).toThrow('ledger');
});
