import { randomUUID } from 'node:crypto';
import { SILENT } from '@skald/engine';
import {
  makeCommand,
  RecordingSink,
  transportConformance,
  until,
  type Answerer,
} from '@skald/testing';
import { KafkajsBus, KafkaTransport, type Bus, type BusMessage } from '@skald/transport-kafka';
import {
  commandEvent,
  newPrefix,
  replyRecord,
  runParticipant,
} from '../setup/kafka-participant.js';
import { kafkaBrokers } from '../setup/kafka.js';

const PARTICIPANTS = ['inventory', 'payment'] as const;
let brokers: string[];

beforeAll(async () => {
  brokers = await kafkaBrokers();
}, 600_000);

function newBus(): Bus {
  return new KafkajsBus({ brokers, clientId: 'transport', log: () => undefined });
}

function newTransport(prefix: string, mode: 'single' | 'batch' = 'single'): KafkaTransport {
  return new KafkaTransport({
    bus: newBus(),
    participants: Object.fromEntries(PARTICIPANTS.map((name) => [name, { mode }])),
    log: SILENT,
    now: Date.now,
    prefix,
    partitions: 3,
    createTopics: true,
  });
}

transportConformance('Kafka, one event per record', () => harness('single'));
transportConformance('Kafka, in batches', () => harness('batch'));

async function harness(mode: 'single' | 'batch') {
  const prefix = newPrefix();
  let answerer: Answerer = () => 'nothing';
  const first = newTransport(prefix, mode);
  await first.start(new RecordingSink()); // Creates the topics.
  await first.stop();
  const buses = PARTICIPANTS.map((participant) => {
    const bus = newBus();
    runParticipant(bus, { participant, prefix }, (command) => answerer(command));
    return bus;
  });
  return {
    participants: PARTICIPANTS,
    answerWith: (next: Answerer) => {
      answerer = next;
    },
    makeTransport: () => newTransport(prefix, mode),
    tearDown: async () => {
      await Promise.all(buses.map((bus) => bus.close({ drainTimeoutMs: 0 })));
    },
  };
}

describe('the Kafka transport', () => {
  const prefix = newPrefix();
  const open: { stop(): Promise<void> }[] = [];

  async function started(sink: RecordingSink | HoldingSink): Promise<KafkaTransport> {
    const transport = newTransport(prefix);
    open.push(transport);
    await transport.start(sink);
    await until('it is ready', () => transport.health().isReady);
    return transport;
  }

  /** A bus to play the participant with. */
  function stranger(): Bus {
    const bus = newBus();
    open.push({ stop: () => bus.close({ drainTimeoutMs: 0 }) });
    return bus;
  }

  afterEach(async () => {
    for (const { stop } of open
      .splice(0)
      .reverse()
      .map((one) => ({ stop: () => one.stop() }))) {
      await stop();
    }
  }, 60_000);

  it('sends one record per command: key, headers and the request alone as value', async () => {
    const transport = await started(new RecordingSink());
    const seen: BusMessage[] = [];
    stranger().subscribe({
      group: randomUUID(),
      topics: [`${prefix}.payment.commands`],
      onBatch: (batch) => {
        seen.push(...batch.messages);
        return Promise.resolve();
      },
      onPoison: () => Promise.resolve(),
    });
    const command = makeCommand({ participant: 'payment', body: '{"b":1,"a":2}' });
    transport.send([command]);
    await until('it has come', () => seen.length === 1);
    expect(seen[0]).toMatchObject({
      key: command.transaction,
      headers: {
        'content-type': 'application/json',
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/) as string,
        ce_specversion: '1.0',
        ce_type: 'skald.command.v1',
        ce_id: `${command.transaction}/reserve-stock/action`,
        ce_skaldattempt: '1',
        ce_skaldrefusable: 'true',
      },
    });
    expect(seen[0]?.value.toString()).toBe('{"b":1,"a":2}');
  }, 60_000);

  it('puts what it cannot believe among the dead letters, and goes on behind it', async () => {
    const sink = new RecordingSink();
    await started(sink);
    const bus = stranger();
    const event = commandEvent();
    const where = { participant: 'inventory', prefix };
    const record = replyRecord(where, event, { partition: 0, value: '{"outcome":"barred"}' });
    const without = (name: string) =>
      Object.fromEntries(Object.entries(record.headers).filter(([key]) => key !== name));
    await bus.send([
      { ...record, topic: `${prefix}.payment.replies` }, // Inventory's, on payment's topic.
    ]);
    await bus.send([
      { ...record, value: 'no JSON' },
      { ...record, value: '' },
      { ...record, value: '{"outcome":"perhaps"}' },
      { ...record, headers: {} },
      { ...record, headers: without('ce_skaldtransaction') },
      { ...record, headers: { ...record.headers, ce_source: '/skald/participant/payment' } },
      record,
    ]);
    await until('the good one has come', () => sink.replies.length === 1);
    await until('all letters have come', () => sink.deadLetters.length === 7);
    expect(sink.deadLetters.map(({ reason }) => reason).sort()).toEqual([
      'attribute skaldtransaction: expected a string',
      'attribute source: expected /skald/participant/inventory on this topic',
      'attribute source: expected /skald/participant/inventory on this topic',
      'attribute source: expected /skald/participant/payment on this topic',
      'data: expected an outcome',
      'the value is not JSON',
      'the value is not JSON',
    ]);
    const [letter] = sink.deadLetters.filter(({ reason }) => reason.includes('outcome'));
    expect(letter?.source).toMatch(/^kafka:t[0-9a-f-]+\.inventory\.replies\/0@\d+$/);
    expect(letter?.payload.toString()).toBe('{"outcome":"perhaps"}');
    expect(letter?.headers).toMatchObject({ ce_source: '/skald/participant/inventory' });
  }, 60_000);

  it('brings a reply again, to another instance, until it is durable', async () => {
    const forgetful = new HoldingSink();
    await started(forgetful);
    const event = commandEvent();
    const where = { participant: 'inventory', prefix };
    const records = ['{"outcome":"barred"}', '{"outcome":"expired"}'].map((value) =>
      replyRecord(where, event, { partition: 1, value }),
    );
    await stranger().send(records);
    const mine = () => forgetful.replies.filter((r) => r.transaction === event.transaction);
    await until('both have come', () => mine().length === 2);
    forgetful.held[forgetful.replies.indexOf(mine()[0] ?? never())]?.();
    await open.shift()?.stop(); // The drain ends by its timeout.
    const durable = new RecordingSink();
    await started(durable);
    await until('the second comes again', () =>
      durable.replies.some((r) => r.transaction === event.transaction),
    );
    const again = durable.replies.filter((r) => r.transaction === event.transaction);
    expect(again.map(({ reply }) => reply)).toEqual([{ outcome: 'expired' }]);
  }, 60_000);

  it('reports what the brokers do not take as undelivered, and refuses what they never would', async () => {
    const sink = new RecordingSink();
    const transport = await started(sink);
    const tooLarge = makeCommand({ body: JSON.stringify('x'.repeat(600_000)) });
    transport.send([tooLarge]);
    await until('it is refused', () => sink.count === 1);
    expect(sink.repliesTo(tooLarge)).toEqual([
      { outcome: 'failed', reason: 'command-too-large', misconfigured: true },
    ]);
    const nowhere = new KafkaTransport({
      bus: newBus(),
      participants: { inventory: { mode: 'single' } },
      log: SILENT,
      now: Date.now,
      prefix: newPrefix(),
      startTimeoutMs: 10,
    });
    open.push(nowhere);
    const heard = new RecordingSink();
    await nowhere.start(heard);
    await until('it says why', () =>
      nowhere.health().reasons.some((reason) => reason.includes('topics are missing')),
    );
    expect(nowhere.health().isReady).toBe(false);
    const command = makeCommand();
    nowhere.send([command]);
    await until('it is reported', () => heard.count === 1);
    expect(heard.notDelivered).toEqual([{ command, why: { reason: 'unreachable' } }]);
  }, 60_000);
});

/** Never makes anything durable by itself. */
class HoldingSink extends RecordingSink {
  readonly held: (() => void)[] = [];

  override replied(...[reply, onDurable]: Parameters<RecordingSink['replied']>): void {
    this.replies.push(reply);
    this.held.push(onDurable ?? never);
  }
}

function never(): never {
  throw new Error('this does not happen');
}
