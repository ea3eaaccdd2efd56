import { Controller } from '@nestjs/common';
import {
  notes,
  Notes,
  participantApp,
  post,
  send,
  toEvent,
} from '../../../../test/setup/participant-app.js';
import {
  command,
  participantDatabase,
  signal,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { StepRejected } from '../errors.js';
import type { HandlerContext } from '../handler-context.js';
import { Handles } from '../handles.js';

let database: ParticipantDatabase;
let url: string;
let close: () => Promise<void>;
beforeAll(async () => {
  database = await participantDatabase();
  const started = await participantApp({ dataSource: database.dataSource });
  ({ url } = started);
  close = () => started.app.close();
});
afterAll(async () => {
  await close();
  await database.drop();
});

async function problem(response: Response) {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const body = (await response.json()) as Record<string, unknown>;
  expect(body['status']).toBe(response.status);
  return body;
}

it('answers each command of an envelope, in order', async () => {
  const commands = ['a', 'b', 'c'].map((text) => command({ data: { text } }));
  const response = await post(url, JSON.stringify(commands.map(toEvent)));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^application\/cloudevents-batch\+json/);
  const replies = (await response.json()) as Record<string, unknown>[];
  expect(replies.map((reply) => [reply['id'], reply['data']])).toEqual(
    commands.map(({ id }, index) => [
      `${id}/reply`,
      { outcome: 'succeeded', reply: { wrote: ['a', 'b', 'c'][index] } },
    ]),
  );
  expect(replies[0]).toMatchObject({
    specversion: '1.0',
    source: '/skald/participant/notes',
    type: 'skald.reply.v1',
    subject: 'write',
    skaldtransaction: commands[0]?.transaction,
    skaldattempt: 1,
  });
});

it('stores nothing for what it cannot carry out, and says why', async () => {
  const replies = await send(
    url,
    command({ operation: 'unknown' }),
    command({ operation: 'unknown', direction: 'bar' }),
    command({ data: { text: 5 } }),
  );
  expect(replies.map(({ data }) => data)).toMatchObject([
    { outcome: 'failed', reason: 'unknown-operation' },
    { outcome: 'failed', reason: 'unknown-operation' },
    {
      outcome: 'failed',
      reason: 'request-invalid',
      detail: expect.stringContaining('/text') as string,
    },
  ]);
});

describe('refuses an envelope whole', () => {
  const valid = JSON.stringify([toEvent(command())]);
  it.each([
    ['no JSON', '[{', 400],
    ['no array', '{}', 400],
    ['no commands', '[]', 400],
    ['101 commands', `[${Array.from({ length: 101 }, () => valid.slice(1, -1)).join(',')}]`, 400],
    ['an empty body', '', 400],
    ['a __proto__ key', valid.replace('"text"', '"__proto__":{"a":1},"text"'), 400],
    ['deep nesting', valid.replace('"hello"', `${'['.repeat(40)}${']'.repeat(40)}`), 400],
    ['50,000 levels', '['.repeat(50_000) + ']'.repeat(50_000), 400],
    ['over 512 KB', valid.replace('hello', 'x'.repeat(530_000)), 413],
    ['over 1 MiB', valid.replace('hello', 'x'.repeat(1_100_000)), 413],
  ])('with %s', async (_what, body, status) => {
    const response = await post(url, body);
    expect(response.status).toBe(status);
    await problem(response);
  });

  it('of another media type', async () => {
    const response = await post(url, valid, 'application/json');
    expect(response.status).toBe(415);
    expect(await problem(response)).toMatchObject({ code: 'MEDIA_TYPE_UNSUPPORTED' });
  });

  it('that is not UTF-8', async () => {
    const bytes = new Uint8Array([...Buffer.from(valid.replace('hello', '~'))]);
    bytes[bytes.indexOf(0x7e)] = 0xff;
    expect((await post(url, bytes)).status).toBe(400);
  });

  it('with events that are no commands, naming each', async () => {
    const events = [
      toEvent(command()),
      { ...toEvent(command()), skaldstep: 'No' },
      { specversion: '0.3' },
    ];
    const response = await post(url, JSON.stringify(events));
    expect(await problem(response)).toMatchObject({
      code: 'REQUEST_INVALID',
      errors: [{ pointer: '/1' }, { pointer: '/2' }],
    });
  });
});

it('undoes an action through the handler of its compensation', async () => {
  const action = command({ data: { text: 'gone soon' } });
  const undo = command({
    transaction: action.transaction,
    direction: 'compensation',
    operation: 'erase',
    data: { text: 'gone soon' },
  });
  await send(url, action);
  expect(await send(url, undo)).toMatchObject([{ data: { outcome: 'succeeded', reply: {} } }]);
  expect(await database.notes()).not.toContain('gone soon');
});

describe('a handler', () => {
  const reached = signal();
  const finish = signal();

  @Controller()
  class Odd extends Notes {
    @Handles(notes.write)
    override async write({ text }: { text: string }, context: HandlerContext) {
      await super.write({ text }, context);
      if (text === 'reject') throw new StepRejected('no-notes');
      if (text === 'break') throw new Error('no pencil');
      if (text === 'wrong') return { wrote: 5 } as unknown as { wrote: string };
      if (text === 'wait') {
        reached.give();
        await finish.promise;
      }
      if (text === 'hang') await new Promise(() => undefined);
      return { wrote: text };
    }
  }

  async function odd(options: { handlerTimeoutMs?: number; maxWaiting?: number } = {}) {
    const { dataSource } = database;
    return participantApp({ dataSource, controllers: [Odd], maxConcurrency: 1, ...options });
  }

  it.each([
    ['reject', { outcome: 'rejected', reason: 'no-notes' }],
    ['break', { outcome: 'failed', reason: 'handler-error', detail: 'no pencil' }],
    ['wrong', { outcome: 'failed', reason: 'reply-invalid' }],
    ['hang', { outcome: 'failed', reason: 'handler-timeout' }],
  ])('that would %s is reported as such, and nothing it wrote stays', async (text, reply) => {
    const { app, url: oddUrl } = await odd({ handlerTimeoutMs: 500 });
    expect(await send(oddUrl, command({ data: { text } }))).toMatchObject([{ data: reply }]);
    expect(await database.notes()).not.toContain(text);
    await app.close();
  });

  it('under way ends and is answered when the app closes; nothing new is taken', async () => {
    const { app, server, url: oddUrl } = await odd();
    const [under, way] = [command({ data: { text: 'wait' } }), command({ data: { text: 'next' } })];
    const replies = send(oddUrl, under, way);
    await reached.promise;
    const closing = server.close();
    const refused = await post(oddUrl, JSON.stringify([toEvent(command())]));
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    finish.give();
    await closing;
    expect((await replies).map(({ data }) => data.outcome)).toEqual(['succeeded', 'succeeded']);
    await app.close();
  });

  it('that has too many waiting takes no envelope more', async () => {
    const { app, url: oddUrl } = await odd({ maxWaiting: 1 });
    const response = await post(oddUrl, JSON.stringify([command(), command()].map(toEvent)));
    expect(response.status).toBe(503);
    expect(await problem(response)).toMatchObject({ code: 'OVERLOADED' });
    await app.close();
  });
});

it('a contract with an operation that nobody handles does not start', async () => {
  const start = participantApp({ dataSource: database.dataSource, controllers: [] });
  await expect(start).rejects.toThrow('notes.write: no handler');
});
