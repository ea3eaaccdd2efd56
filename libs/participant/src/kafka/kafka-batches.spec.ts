import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { BATCH_CONTENT_TYPE, type CommandEvent } from '@skald/core';
import { KafkajsBus, type BusMessage } from '@skald/transport-kafka';
import { kafkaBrokers } from '../../../../test/setup/kafka.js';
import {
  BatchedNotes,
  Notes,
  participantApp,
  toEvent,
  type ReplyJson,
} from '../../../../test/setup/participant-app.js';
import {
  command,
  participantDatabase,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { waitFor } from '../../../../tools/wait.mjs';

// Joining groups takes seconds on a busy machine.
jest.setTimeout(60_000);

let brokers: string[];
let bus: KafkajsBus;
let database: ParticipantDatabase;
let app: INestApplication;
let prefix: string;
let records: BusMessage[];
beforeAll(async () => {
  brokers = await kafkaBrokers();
}, 600_000);
beforeEach(async () => {
  BatchedNotes.sizes.length = 0;
  records = [];
  database = await participantDatabase();
  prefix = `test-${randomUUID().slice(0, 8)}`;
  bus = new KafkajsBus({ brokers, clientId: 'coordinator', log: () => undefined });
  const names = [`${prefix}.notes.commands`, `${prefix}.notes.replies`];
  await bus.ensureTopics(names.map((name) => ({ name, partitions: 3 })));
  const subscription = bus.subscribe({
    group: `${prefix}.coordinator`,
    topics: [`${prefix}.notes.replies`],
    onBatch: (batch) => {
      records.push(...batch.messages);
      for (const message of batch.messages) batch.resolve(message);
      return Promise.resolve();
    },
    onPoison: () => Promise.resolve(),
  });
  await subscription.joined;
});
afterEach(async () => {
  await app.close();
  await bus.close();
  await database.drop();
});

async function start(controller: new () => unknown): Promise<void> {
  const kafka = { brokers, topicPrefix: prefix, startTimeoutMs: 20_000 };
  const { dataSource } = database;
  ({ app } = await participantApp({ dataSource, kafka, controllers: [controller] }));
}

function send(partition: number, value: string): Promise<void> {
  const headers = { 'content-type': BATCH_CONTENT_TYPE };
  return bus.send([{ topic: `${prefix}.notes.commands`, partition, value, headers }]);
}

function replies(): ReplyJson[] {
  return records.flatMap(({ value }) => JSON.parse(value.toString()) as ReplyJson[]);
}

/** What was answered to each command, once all are. */
async function answers(commands: readonly CommandEvent[]): Promise<unknown[]> {
  const find = ({ id }: CommandEvent) => replies().find((reply) => reply.id === `${id}/reply`);
  await waitFor(() => commands.every(find), { timeoutMs: 15_000, what: 'a reply to each' });
  return commands.map((one) => find(one)?.data);
}

function writes(...texts: string[]): CommandEvent[] {
  return texts.map((text) => command({ data: { text } }));
}

const wrote = (text: string) => ({ outcome: 'succeeded', reply: { wrote: text } });
const text = (commands: readonly CommandEvent[]) => JSON.stringify(commands.map(toEvent));

it('a record of many commands is one database transaction, answered in batch form', async () => {
  await start(BatchedNotes);
  const commands = writes('a', 'no', 'b');
  await send(2, text(commands));
  const expected = [wrote('a'), { outcome: 'rejected', reason: 'no' }, wrote('b')];
  expect(await answers(commands)).toEqual(expected);
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({
    partition: 2,
    key: null,
    headers: { 'content-type': BATCH_CONTENT_TYPE },
  });
  records = [];
  await send(0, text(commands));
  expect(await answers(commands)).toEqual(expected);
  expect([BatchedNotes.sizes, await database.notes()]).toEqual([[3], ['a', 'b']]);
});

it('handlers of single commands answer each entry; what is none is a dead letter alone', async () => {
  await start(Notes);
  const commands = writes(...Array.from({ length: 98 }, (_, index) => `note-${index}`));
  const events: unknown[] = commands.map(toEvent);
  events.splice(1, 0, { ...toEvent(command()), skaldstep: 'No Name' });
  events.splice(5, 0, 'nothing');
  await send(1, JSON.stringify(events));
  await send(1, '[]');
  await send(1, 'no JSON');
  expect(await answers(commands)).toHaveLength(98);
  expect(new Set(records.map(({ partition }) => partition))).toEqual(new Set([1]));
  expect(await database.notes()).toHaveLength(98);
  const letters = await waitFor(
    async () => {
      const rows = await database.dataSource.query<{ offset: string; entry: number }[]>(
        'select "offset", entry from skald_dead_letter order by "offset", entry',
      );
      return rows.length === 4 && rows;
    },
    { timeoutMs: 5_000, what: 'four dead letters' },
  );
  expect(letters.map(({ offset, entry }) => [offset, entry])).toEqual([
    ['0', 2],
    ['0', 6],
    ['1', 0],
    ['2', 0],
  ]);
});
