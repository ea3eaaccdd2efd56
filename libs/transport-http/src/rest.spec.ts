import type { RestBinding } from '@skald/core';
import { SILENT, type Log } from '@skald/engine';
import { makeCommand, makeOperation, RecordingSink, until } from '@skald/testing';
import { serve, type LocalServer } from '../../../test/setup/http-server.js';
import { HttpTransport } from './http-transport.js';

const REST: RestBinding = { method: 'PUT', path: '/stock/{sku}/holds/{quantity}?by={sku}' };
const NOW = Date.UTC(2026, 10, 22, 10, 0, 0);

let answer: { status: number; headers?: Record<string, string>; body?: string };
let local: LocalServer;
let transport: HttpTransport;
let sink: RecordingSink;
const alarms: string[] = [];
const log: Log = { ...SILENT, error: (message) => alarms.push(message) };

beforeEach(async () => {
  sink = new RecordingSink();
  alarms.length = 0;
  local = await serve((response) => {
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  const participants = { inventory: { origin: local.origin, mode: 'batch' as const } };
  transport = new HttpTransport({ participants, log, now: () => NOW });
  await transport.start(sink);
  answer = { status: 200, body: '{"holdId":"h-1"}' };
});
afterEach(async () => {
  await transport.stop();
  await local.close();
});

function restCommand(overrides: Parameters<typeof makeCommand>[0] = {}, rest = REST) {
  return makeCommand({ operation: makeOperation({ rest }), ...overrides });
}

async function replyTo(command: ReturnType<typeof makeCommand>) {
  transport.send([command]);
  await until('it has ended', () => sink.count === 1);
  return sink.replies[0]?.reply;
}

describe('a plain REST request', () => {
  it('is method, path and body of the contract, under one idempotency key for all attempts', async () => {
    const body = '{"sku":"A/B ü?#","quantity":2}';
    const command = restCommand({ body, attempt: 3 });
    expect(await replyTo(command)).toEqual({ outcome: 'succeeded', reply: { holdId: 'h-1' } });
    expect(local.requests).toMatchObject([
      {
        method: 'PUT',
        path: '/stock/A%2FB%20%C3%BC%3F%23/holds/2?by=A%2FB%20%C3%BC%3F%23',
        body,
        headers: {
          'content-type': 'application/json',
          'idempotency-key': `${command.transaction}/reserve-stock/action`,
          traceparent: expect.stringMatching(
            `^00-${command.transaction.replaceAll('-', '')}-[0-9a-f]{16}-01$`,
          ) as string,
        },
      },
    ]);
    expect(sink.replies[0]).toMatchObject({ step: 'reserve-stock', attempt: 3 });
  });

  it.each([
    ['a missing field', '{"quantity":2}'],
    ['an inherited field', '{"quantity":2}', '/stock/{constructor}'],
    ['an empty field', '{"sku":"","quantity":2}'],
    ['a field that is an object', '{"sku":{},"quantity":2}'],
    ['a field that is null', '{"sku":null,"quantity":2}'],
    ['half a surrogate pair', '{"sku":"\\ud800","quantity":2}'],
    ['a dot segment', '{"sku":"..","quantity":2}'],
    ['a dot segment put together', '{"sku":".","quantity":2}', '/stock/{sku}{sku}/x'],
    ['a body that is no object', '"x"'],
    ['a path without a slash', '{"sku":"x"}', 'stock/{sku}'],
    ['a path that HTTP does not allow', '{"sku":"x"}', '/st ock/{sku}', 'bad-request'],
  ])('is not made of %s', async (_, body, path = REST.path, reason = 'bad-path') => {
    const reply = await replyTo(restCommand({ body }, { ...REST, path }));
    expect(reply).toMatchObject({ outcome: 'failed', reason, misconfigured: true });
    expect(local.requests).toEqual([]);
  });

  it('is never made of a bar', async () => {
    const reply = await replyTo(restCommand({ direction: 'bar' }));
    expect(reply).toMatchObject({ outcome: 'failed', reason: 'no-barrier', misconfigured: true });
    expect(local.requests).toEqual([]);
  });

  it('cannot leave the registered origin', async () => {
    const path = '//example.com/{sku}';
    await replyTo(restCommand({}, { method: 'POST', path }));
    expect(local.requests).toMatchObject([{ path: '//example.com/WIDGET' }]);
  });
});

describe('what a status means', () => {
  const SUCCESS = { outcome: 'succeeded', reply: { holdId: 'h-1' } };
  const DONE = { outcome: 'succeeded', reply: {} };
  const no = (reason: string) => ({ outcome: 'rejected', reason });
  const later = (reason: string) => ({ outcome: 'failed', reason });
  const alarm = (reason: string) => ({ outcome: 'failed', reason, misconfigured: true });

  const table: [number, object][] = [
    [200, SUCCESS],
    [201, SUCCESS],
    [204, DONE],
    [202, alarm('accepted-not-supported')],
    ...[301, 302, 307, 308, 304].map((status): [number, object] => [
      status,
      alarm(`http-${status}`),
    ]),
    ...[400, 409, 410, 422].map((status): [number, object] => [status, no(`http-${status}`)]),
    ...[401, 403, 404, 405, 413, 415].map((status): [number, object] => [
      status,
      alarm(`http-${status}`),
    ]),
    ...[402, 406, 418, 451].map((status): [number, object] => [status, alarm(`http-${status}`)]),
    ...[408, 425, 429, 500, 502, 503, 504].map((s): [number, object] => [s, later(`http-${s}`)]),
  ];

  it.each(table)('%s', async (status, expected) => {
    answer = { ...answer, status };
    expect(await replyTo(restCommand())).toEqual(expected);
    expect(alarms).toHaveLength('misconfigured' in expected ? 1 : 0);
    expect(local.requests).toHaveLength(1);
  });

  it.each([
    ['', DONE],
    ['null', { outcome: 'succeeded', reply: null }],
    ['<html>', later('bad-answer')],
    ['{"holdId":', later('bad-answer')],
  ])('200 with the body %j', async (body, expected) => {
    answer = { status: 200, body };
    expect(await replyTo(restCommand())).toEqual(expected);
  });

  it('takes reason and detail of a no from problem details', async () => {
    const body = '{"code":"OUT_OF_STOCK","detail":"WIDGET: 1 left","status":409}';
    answer = { status: 409, headers: { 'content-type': 'application/problem+json' }, body };
    expect(await replyTo(restCommand())).toEqual({
      outcome: 'rejected',
      reason: 'OUT_OF_STOCK',
      detail: 'WIDGET: 1 left',
    });
  });

  it.each(['<html>', '[]', '"no"', '{"code":7}', '{"code":"a b"}', '{"code":"\\u0000"}'])(
    'makes up a reason where the problem %j has none that is usable',
    async (body) => {
      answer = { status: 422, body };
      expect(await replyTo(restCommand())).toEqual(no('http-422'));
    },
  );

  it('keeps a long detail within bounds', async () => {
    answer = { status: 400, body: JSON.stringify({ detail: 'x'.repeat(5000) }) };
    expect(await replyTo(restCommand())).toMatchObject({ detail: 'x'.repeat(1000) });
  });

  it('honours Retry-After', async () => {
    answer = { status: 503, headers: { 'retry-after': '3' } };
    expect(await replyTo(restCommand())).toEqual({ ...later('http-503'), retryAfterMs: 3000 });
  });

  it('can be set by the contract: a no', async () => {
    answer = { status: 404, body: '{"code":"no-such-sku"}' };
    const rest = { ...REST, rejectedStatuses: [404], doneStatuses: [404] };
    expect(await replyTo(restCommand({}, rest))).toEqual(no('no-such-sku'));
  });

  it('can be set by the contract: done already, for compensations alone', async () => {
    answer = { status: 410, body: '{"code":"gone"}' };
    const rest = { ...REST, doneStatuses: [404, 410] };
    expect(await replyTo(restCommand({ direction: 'compensation' }, rest))).toEqual(DONE);
    sink.replies.length = 0;
    expect(await replyTo(restCommand({}, rest))).toEqual(no('gone'));
  });
});

describe('a plain REST service in trouble', () => {
  it('leaves the outcome unknown when it does not answer in time', async () => {
    const silent = await serve(() => undefined);
    const participants = { inventory: { origin: silent.origin, mode: 'single' as const } };
    const other = new HttpTransport({ participants, log, now: () => NOW });
    await other.start(sink);
    other.send([restCommand({ timeoutMs: 50 })]);
    await until('it has ended', () => sink.count === 1);
    expect(sink.replies[0]?.reply).toEqual({ outcome: 'failed', reason: 'timeout' });
    await other.stop();
    await silent.close();
  });
});
