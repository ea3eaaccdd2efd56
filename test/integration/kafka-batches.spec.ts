import { randomUUID } from 'node:crypto';
import { encodeReply, type Reply } from '@skald/core';
import { SILENT, type DeadLetter } from '@skald/engine';
import { makeCommand, RecordingSink, until } from '@skald/testing';
import { KafkajsBus, KafkaTransport, type Bus, type BusMessage } from '@skald/transport-kafka';
import { batchRecord, commandEvent, commandsIn, newPrefix } from '../setup/kafka-participant.js';
import { kafkaBrokers } from '../setup/kafka.js';

const BARRED: Reply = { outcome: 'barred' };
const inventory = { participant: 'inventory', prefix: newPrefix() };
let brokers: string[];
const open: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  brokers = await kafkaBrokers();
}, 600_000);
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
}, 60_000);

/** A bus to play the participant with, or to look on. */
function stranger(): Bus {
  const bus = new KafkajsBus({ brokers, clientId: 'stranger', log: () => undefined });
  open.push({ stop: () => bus.close({ drainTimeoutMs: 0 }) });
  return bus;
}

/** A bus that counts what is sent by it. */
class CountingBus extends KafkajsBus {
  readonly sends: number[] = [];

  override send(...[messages]: Parameters<KafkajsBus['send']>): Promise<void> {
    this.sends.push(messages.length);
    return super.send(messages);
  }
}

async function started(sink: RecordingSink) {
  const bus = new CountingBus({ brokers, clientId: 'transport', log: () => undefined });
  const transport = new KafkaTransport({
    bus,
    participants: { inventory: { mode: 'batch' }, payment: { mode: 'single' } },
    log: SILENT,
    now: Date.now,
    prefix: inventory.prefix,
    partitions: 3,
    createTopics: true,
  });
  open.push(transport);
  await transport.start(sink);
  await until('it is ready', () => transport.health().isReady);
  return { transport, bus };
}

/** All records of a topic of commands, as they come. */
function records(participant: string): BusMessage[] {
  const seen: BusMessage[] = [];
  stranger().subscribe({
    group: randomUUID(),
    topics: [`${inventory.prefix}.${participant}.commands`],
    onBatch: (batch) => {
      seen.push(...batch.messages);
      return Promise.resolve();
    },
    onPoison: () => Promise.resolve(),
  });
  return seen;
}

it('sends all commands of a flush by one send, a hundred to a record, singles to the others', async () => {
  const { transport, bus } = await started(new RecordingSink());
  const seen = records('inventory');
  const singles = records('payment');
  const flush = Array.from({ length: 205 }, () => makeCommand({ participant: 'inventory' }));
  const payments = [1, 2].map(() => makeCommand({ participant: 'payment' }));
  transport.send([...flush, ...payments]);
  await until('all have come', () => seen.length === 3 && singles.length === 2);
  expect(bus.sends).toEqual([5]);
  expect(seen.map((record) => commandsIn(record).length).sort((a, b) => b - a)).toEqual([
    100, 100, 5,
  ]);
  for (const { key, headers } of seen) {
    expect([key, headers]).toEqual([
      null,
      { 'content-type': 'application/cloudevents-batch+json' },
    ]);
  }
  const sent = seen.flatMap(commandsIn).map(({ transaction }) => transaction);
  expect(new Set(sent)).toEqual(new Set(flush.map(({ transaction }) => transaction)));
}, 60_000);

it('consumes a batch of replies when each entry is durable or a dead letter, and not before', async () => {
  const sink = new HoldingSink();
  await started(sink);
  const events = [commandEvent(), commandEvent()];
  const good = events.map((event) => encodeReply(event, 'inventory', { reply: BARRED, at: 1 }));
  const forged = encodeReply(commandEvent(), 'payment', { reply: BARRED, at: 1 });
  await stranger().send([batchRecord(inventory, 1, [good[0] ?? '', forged, good[1] ?? ''])]);
  await until('all have come', () => sink.held.length === 2 && sink.deadLetters.length === 1);
  expect(sink.deadLetters[0]?.source).toMatch(/\.inventory\.replies\/1@\d+#2$/);
  sink.held[0]?.();
  await open.shift()?.stop(); // One entry is not durable: the drain ends by its time-out.

  const next = new RecordingSink();
  await started(next);
  const transactions = events.map(({ transaction }) => transaction);
  const again = () => next.replies.filter((reply) => transactions.includes(reply.transaction));
  await until('both come again', () => again().length === 2);
}, 60_000);

it('brings a batch again whose bad entry could not be stored as a dead letter', async () => {
  const sink = new ForgetfulSink();
  await started(sink);
  const event = commandEvent();
  const good = encodeReply(event, 'inventory', { reply: BARRED, at: 1 });
  await stranger().send([batchRecord(inventory, 2, [good, '{"odd":true}'])]);
  await until('it has come twice, and the letter is kept', () => sink.deadLetters.length === 1);
  const mine = sink.replies.filter(({ transaction }) => transaction === event.transaction);
  expect(mine).toHaveLength(2);
}, 60_000);

/** Never makes anything durable by itself. */
class HoldingSink extends RecordingSink {
  readonly held: (() => void)[] = [];

  override replied(...[reply, onDurable]: Parameters<RecordingSink['replied']>): void {
    this.replies.push(reply);
    if (onDurable) this.held.push(onDurable);
  }
}

/** Has no database for the first dead letter. */
class ForgetfulSink extends RecordingSink {
  private hasForgotten = false;

  override deadLetter(letter: DeadLetter): Promise<void> {
    if (this.hasForgotten) return super.deadLetter(letter);
    this.hasForgotten = true;
    return Promise.reject(new Error('no database'));
  }
}
