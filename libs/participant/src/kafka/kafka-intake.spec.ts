import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { Controller, type INestApplication } from '@nestjs/common';
import { fromHeaders, toHeaders, type CommandEvent } from '@skald/core';
import { KafkajsBus, type BusMessage } from '@skald/transport-kafka';
import { kafkaBrokers } from '../../../../test/setup/kafka.js';
import {
  notes,
  Notes,
  participantApp,
  send as post,
  toEvent,
} from '../../../../test/setup/participant-app.js';
import {
  command,
  participantDatabase,
  signal,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { waitFor } from '../../../../tools/wait.mjs';
import type { HandlerContext } from '../handler-context.js';
import { Handles } from '../handles.js';

const PARTITIONS = 3;

// Joining groups takes seconds on a busy machine.
jest.setTimeout(60_000);

let brokers: string[];
let bus: KafkajsBus;
let database: ParticipantDatabase;
let prefix: string;
let replies: BusMessage[];
let apps: INestApplication[];
beforeAll(async () => {
  brokers = await kafkaBrokers();
}, 600_000);
beforeEach(async () => {
  database = await participantDatabase();
  prefix = `test-${randomUUID().slice(0, 8)}`;
  bus = new KafkajsBus({ brokers, clientId: 'coordinator', log: () => undefined });
  const names = [`${prefix}.notes.commands`, `${prefix}.notes.replies`];
  await bus.ensureTopics(names.map((name) => ({ name, partitions: PARTITIONS })));
  replies = [];
  apps = [];
  const subscription = bus.subscribe({
    group: `${prefix}.coordinator`,
    topics: [`${prefix}.notes.replies`],
    onBatch: async (batch) => {
      replies.push(...batch.messages);
      for (const message of batch.messages) batch.resolve(message);
      await Promise.resolve();
    },
    onPoison: () => Promise.resolve(),
  });
  await subscription.joined;
});
afterEach(async () => {
  for (const app of apps) await app.close();
  await bus.close();
  await database.drop();
});

async function start(controllers: (new () => unknown)[] = [Notes]) {
  const kafka = { brokers, topicPrefix: prefix, startTimeoutMs: 20_000 };
  const started = await participantApp({ dataSource: database.dataSource, kafka, controllers });
  apps.push(started.app);
  return started;
}

/** Sends commands as the coordinator does: binary content form. */
function send(partition: number, ...commands: CommandEvent[]): Promise<void> {
  return sendRaw(
    partition,
    ...commands.map((one) => ({
      value: JSON.stringify(one.data),
      headers: toHeaders(attributesOf(one)),
      key: one.transaction,
    })),
  );
}

function attributesOf(one: CommandEvent): Record<string, string> {
  const { data, specversion, datacontenttype, ...attributes } = toEvent(one);
  expect([data, specversion, datacontenttype]).toHaveLength(3);
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, String(value)]),
  );
}

function sendRaw(
  partition: number,
  ...records: { value: string | Buffer; headers: Record<string, string>; key?: string }[]
): Promise<void> {
  const topic = `${prefix}.notes.commands`;
  return bus.send(records.map((record) => ({ topic, partition, ...record })));
}

/** The first reply to this command, once it is there. */
function replyTo({ id }: CommandEvent): Promise<BusMessage> {
  return waitFor(() => replies.find(({ headers }) => headers['ce_id'] === `${id}/reply`), {
    timeoutMs: 15_000,
    what: `a reply to ${id}`,
  });
}

function dataOf(message: BusMessage): unknown {
  return JSON.parse(message.value.toString());
}

it('answers a command on the partition it came from, with all its attributes', async () => {
  const { server } = await start();
  const action = command({ attempt: 2, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });
  await sendRaw(2, {
    value: '{"text":"a"}',
    headers: toHeaders({ ...attributesOf(action), traceparent: action.traceparent ?? '' }),
  });
  const reply = await replyTo(action);

  expect([reply.partition, reply.key]).toEqual([2, action.transaction]);
  expect(dataOf(reply)).toEqual({ outcome: 'succeeded', reply: { wrote: 'a' } });
  expect(reply.headers).toMatchObject({
    'content-type': 'application/json',
    ce_source: '/skald/participant/notes',
    ce_type: 'skald.reply.v1',
    ce_skaldattempt: '2',
    traceparent: action.traceparent,
  });
  expect(fromHeaders(reply.headers)).toHaveProperty('skaldtransaction', action.transaction);
  expect(server.health()).toEqual({ isReady: true, reasons: [] });
});

it('both transports reach the same handler and the same barrier', async () => {
  const { url } = await start();
  const action = command({ data: { text: 'once' } });
  const [posted] = await post(url, action);
  await send(0, action);
  expect(dataOf(await replyTo(action))).toEqual(posted?.data);
  expect(await database.notes()).toEqual(['once']);
});

it('what is no command becomes a dead letter and holds nobody up', async () => {
  await start();
  const headers = toHeaders(attributesOf(command()));
  await sendRaw(
    1,
    { value: 'no json', headers },
    { value: Buffer.from([0xff, 0x00]), headers },
    { value: '{}', headers: { 'content-type': 'text/plain' }, key: 'a\0key' },
    { value: '{"text":"a"}', headers: { ...headers, ce_skaldstep: 'No Name' } },
    { value: '{"__proto__":{"text":"a"}}', headers },
  );
  const action = command();
  await send(1, action);
  await replyTo(action);
  const letters = await waitFor(
    async () => {
      const rows = await database.dataSource.query<{ offset: string; error: string }[]>(
        'select "offset", error from skald_dead_letter order by "offset"',
      );
      return rows.length === 5 && rows;
    },
    { timeoutMs: 5_000, what: 'five dead letters' },
  );
  expect(letters[3]?.error).toContain('skaldstep');
  expect(replies).toHaveLength(1);
});

describe('a handler', () => {
  const reached = signal();
  const finish = signal();

  @Controller()
  class Odd extends Notes {
    @Handles(notes.write)
    override async write({ text }: { text: string }, context: HandlerContext) {
      await super.write({ text }, context);
      if (text === 'break') throw new Error('no pencil');
      if (text === 'wait') {
        reached.give();
        await finish.promise;
      }
      return { wrote: text };
    }
  }

  it('that fails is reported, and does not block its partition', async () => {
    await start([Odd]);
    const [broken, next] = [command({ data: { text: 'break' } }), command()];
    await send(0, broken, next);
    const failed = { outcome: 'failed', reason: 'handler-error', detail: 'no pencil' };
    expect(dataOf(await replyTo(broken))).toEqual(failed);
    expect(dataOf(await replyTo(next))).toMatchObject({ outcome: 'succeeded' });
  });

  it('under way ends and is answered when the app closes; the rest waits for the next', async () => {
    const first = await start([Odd]);
    const [under, later] = [command({ data: { text: 'wait' } }), command()];
    await send(0, under);
    await reached.promise;
    const closing = first.app.close();
    await send(0, later);
    finish.give();
    await closing;
    expect(dataOf(await replyTo(under))).toMatchObject({ outcome: 'succeeded' });

    await start([Odd]);
    expect(dataOf(await replyTo(later))).toMatchObject({ outcome: 'succeeded' });
    const answered = replies.filter(({ headers }) => headers['ce_id'] === `${under.id}/reply`);
    expect(answered).toHaveLength(1);
  });
});
