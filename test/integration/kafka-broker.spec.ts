import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { KafkajsBus, type BusLog } from '@skald/transport-kafka';
import { BusProbe, until } from '@skald/testing';
import { startBroker } from '../../tools/kafka/index.mjs';

type Broker = Awaited<ReturnType<typeof startBroker>>;

describe('the bus over a broker of its own', () => {
  let dir: string;
  let broker: Broker;
  let buses: KafkajsBus[];
  let lines: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[];

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'skald-kafka-'));
    broker = await startBroker({ dir, stopWith: process.pid });
  }, 600_000);
  afterAll(async () => {
    await broker.stop({ mode: 'immediate' });
    rmSync(dir, { recursive: true, force: true });
  }, 30_000);

  beforeEach(() => {
    buses = [];
    lines = [];
  });
  afterEach(() => Promise.all(buses.map((bus) => bus.close({ drainTimeoutMs: 0 }))));

  const log: BusLog = (level, message, fields) => lines.push({ level, message, fields });

  function makeBus(): KafkajsBus {
    const bus = new KafkajsBus({ brokers: broker.brokers, clientId: 'test', log });
    buses.push(bus);
    return bus;
  }

  const message = (topic: string, value: string) => ({ topic, partition: 0, value, headers: {} });

  /** As a caller would who keeps what is not acknowledged, and sends it again. */
  async function sendUntilDone(bus: KafkajsBus, topic: string, value: string): Promise<void> {
    for (;;) {
      const isSent = await bus.send([message(topic, value)]).then(
        () => true,
        () => false,
      );
      if (isSent) return;
    }
  }

  it.each(['smart', 'immediate'] as const)(
    'loses nothing and goes on by itself over a restart of the broker (%s)',
    async (mode) => {
      const topic = `restart.${mode}`;
      const bus = makeBus();
      await bus.ensureTopics([{ name: topic, partitions: 1 }]);
      const consumer = new BusProbe(makeBus(), { group: `group.${mode}`, topics: [topic] });
      const values = Array.from({ length: 40 }, (_, index) => String(index));
      for (const value of values.slice(0, 20)) await bus.send([message(topic, value)]);
      await until('the first half has come', () => consumer.has(values.slice(0, 20)));

      await broker.stop({ mode });
      const sending = Promise.all(
        values.slice(20).map((value) => sendUntilDone(bus, topic, value)),
      );
      await until('health tells', () => !consumer.bus.health().connected);
      expect(consumer.bus.health().reasons.join()).toContain(`group.${mode}`);
      broker = await startBroker({ dir, port: broker.port, stopWith: process.pid });
      await sending;
      await until('the second half has come', () => consumer.has(values));
      await until('all is well again', () => consumer.bus.health().connected);
      expect(bus.health().reasons).toEqual([]);
      expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
    },
    60_000,
  );

  it('goes to the earliest message, with an alarm, when the stored offset is gone', async () => {
    const topic = 'truncated';
    const bus = makeBus();
    await bus.ensureTopics([{ name: topic, partitions: 1 }]);
    const values = Array.from({ length: 10 }, (_, index) => String(index));
    await bus.send(values.slice(0, 4).map((value) => message(topic, value)));
    const first = new BusProbe(makeBus(), { group: 'late', topics: [topic] });
    await until('some have come', () => first.has(values.slice(0, 4)));
    await first.bus.close();

    await bus.send(values.slice(4).map((value) => message(topic, value)));
    const admin = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.fetchTopicOffsets(topic); // Else the next call does not know the topic.
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '7' }] });
    await admin.disconnect();

    const second = new BusProbe(makeBus(), { group: 'late', topics: [topic] });
    await until('what is left has come', () => second.has(['7', '8', '9']));
    expect(second.delivered).toEqual(['7', '8', '9']);
    expect(second.subscription.health().offsetResets).toBe(1);
    expect(lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { topic, partition: 0, group: 'late' } },
    ]);
  });

  it('subscribes to a topic that does not exist yet, and begins when it does', async () => {
    const topic = 'later';
    const consumer = new BusProbe(makeBus(), { group: 'early', topics: [topic] });
    await until('it has tried', () => consumer.subscription.health().restarts > 0);
    expect(consumer.subscription.health().reasons.join()).toContain('topic');
    const bus = makeBus();
    await bus.ensureTopics([{ name: topic, partitions: 1 }]);
    await bus.send([message(topic, 'x')]);
    await until('it has come', () => consumer.has(['x']));
  });

  it('keeps its session while a handler works for longer than the session lasts', async () => {
    const topic = 'slow';
    const bus = makeBus();
    await bus.ensureTopics([{ name: topic, partitions: 1 }]);
    await bus.send([message(topic, 'x')]);
    const begun = Date.now();
    const consumer = new BusProbe(makeBus(), {
      group: 'slow',
      topics: [topic],
      onBatch: async (batch) => {
        await until('the session would be over', () => Date.now() - begun > 8_000);
        consumer.take(batch);
      },
    });
    await until('it is settled', () => consumer.has(['x']));
    expect(consumer.delivered).toEqual(['x']);
    expect(consumer.subscription.health()).toMatchObject({ restarts: 0, state: 'running' });
    expect(lines.filter(({ level }) => level !== 'debug')).toEqual([]);
  });
});
