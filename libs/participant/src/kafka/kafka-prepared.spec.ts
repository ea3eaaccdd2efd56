import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import {
  asPreparedReport,
  commandId,
  toHeaders,
  type CommandEvent,
  type PreparedReport,
} from '@skald/core';
import { KafkajsBus, type BusMessage } from '@skald/transport-kafka';
import { kafkaBrokers } from '../../../../test/setup/kafka.js';
import { toEvent } from '../../../../test/setup/participant-app.js';
import {
  participantDatabase,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { waitFor } from '../../../../tools/wait.mjs';
import { padApp, padBranch } from '../../../../test/setup/pad.js';

// Joining groups takes seconds on a busy machine.
jest.setTimeout(60_000);

let bus: KafkajsBus;
let prefix: string;
let database: ParticipantDatabase;
let app: INestApplication;
let seen: BusMessage[];
beforeAll(async () => {
  const brokers = await kafkaBrokers();
  bus = new KafkajsBus({ brokers, clientId: 'coordinator', log: () => undefined });
  prefix = `test-${randomUUID().slice(0, 8)}`;
  const names = [`${prefix}.pad.commands`, `${prefix}.pad.replies`];
  await bus.ensureTopics(names.map((name) => ({ name, partitions: 1 })));
  seen = [];
  const subscription = bus.subscribe({
    group: `${prefix}.coordinator`,
    topics: [`${prefix}.pad.replies`],
    onBatch: async (batch) => {
      seen.push(...batch.messages);
      for (const message of batch.messages) batch.resolve(message);
      await Promise.resolve();
    },
    onPoison: () => Promise.resolve(),
  });
  await subscription.joined;
  database = await participantDatabase();
  ({ app } = await padApp(database, {
    kafka: { brokers, topicPrefix: prefix, startTimeoutMs: 20_000 },
    prepared: { recoveryIntervalMs: 500 },
  }));
}, 600_000);
afterAll(async () => {
  await app.close();
  await bus.close();
  await database.drop();
});

function send(value: unknown, attributes: Record<string, string | number | boolean>) {
  const headers = toHeaders(attributes);
  const topic = `${prefix}.pad.commands`;
  return bus.send([{ topic, partition: 0, value: JSON.stringify(value), headers }]);
}

/** The reply to this command, once it is there. */
async function ask(command: CommandEvent): Promise<unknown> {
  const { data, specversion, datacontenttype, ...attributes } = toEvent(command);
  expect([data, specversion, datacontenttype]).toHaveLength(3);
  await send(data, attributes as Record<string, string>);
  const id = `${commandId(command.transaction, command.step, command.direction)}/reply`;
  const reply = await waitFor(() => seen.find(({ headers }) => headers['ce_id'] === id), {
    timeoutMs: 15_000,
    what: `a reply to ${command.id}`,
  });
  return JSON.parse(reply.value.toString());
}

/** The first report after the `from`th message that is as wanted. */
function report(from: number, wanted: (report: PreparedReport) => boolean) {
  const reports = () =>
    seen
      .slice(from)
      .filter(({ headers }) => headers['ce_type'] === 'skald.prepared.v1')
      .flatMap(({ value }) => asPreparedReport(JSON.parse(value.toString())) ?? []);
  return waitFor(() => reports().find(wanted), { timeoutMs: 15_000, what: 'a report' });
}

it('reports what is prepared, obeys a human, and reports that nothing is left', async () => {
  const { prepare, commit } = padBranch('write', 'a');
  const yes = { outcome: 'succeeded', reply: {}, vote: 'commit' };
  expect(await ask(prepare)).toEqual(yes);
  const { items, participant } = await report(0, (told) => told.items.length > 0);
  expect(participant).toBe('pad');
  expect(items).toMatchObject([
    { transaction: prepare.transaction, locks: [{ relation: 'note' }] },
  ]);

  const from = seen.length;
  const [{ gid } = { gid: '' }] = items;
  const order = { gid, outcome: 'abort', by: 'ann', reason: 'it blocks' };
  await send(order, { id: randomUUID(), source: '/skald/coordinator', type: 'skald.resolve.v1' });
  await report(from, (told) => told.items.length === 0);
  expect(await ask(commit)).toEqual({ outcome: 'heuristic-abort' });
  expect(await database.prepared()).toEqual([]);
});

it('an order that cannot be read, or that names nothing, holds nobody up', async () => {
  const attributes = { id: 'x', source: '/skald/coordinator', type: 'skald.resolve.v1' };
  await send({ gid: 1 }, attributes);
  await send({ gid: 'none', outcome: 'abort', by: 'ann', reason: 'why not' }, attributes);
  const { prepare, abort } = padBranch('write', 'b');
  await ask(prepare);
  expect(await ask(abort)).toEqual({ outcome: 'succeeded', reply: {} });
  const letters = await database.dataSource.query<{ error: string }[]>(
    'select error from skald_dead_letter',
  );
  expect(letters.map(({ error }) => error)).toEqual(['data: expected an order to resolve']);
});
