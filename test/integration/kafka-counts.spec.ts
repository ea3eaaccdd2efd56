import { jest } from '@jest/globals';
import { Engine, SILENT } from '@skald/engine';
import { MemoryStore } from '@skald/testing';
import { KafkajsBus, KafkaTransport } from '@skald/transport-kafka';
import { startOf, SUCCEEDED } from '../setup/engine.js';
import { newPrefix, runParticipant } from '../setup/kafka-participant.js';
import { kafkaBrokers } from '../setup/kafka.js';
import { tripSaga } from '../setup/trip.saga.js';

const COUNT = 250;
let brokers: string[];
beforeAll(async () => {
  brokers = await kafkaBrokers();
}, 600_000);

function newBus(): KafkajsBus {
  return new KafkajsBus({ brokers, clientId: 'counts', log: () => undefined });
}

it('over Kafka in batches a flush is one send, with as few records as a hundred to each allow', async () => {
  const prefix = newPrefix();
  const bus = newBus();
  const kafka = new KafkaTransport({
    bus,
    participants: { travel: { mode: 'batch' } },
    log: SILENT,
    now: Date.now,
    prefix,
    partitions: 3,
    createTopics: true,
  });
  const engine = new Engine({
    name: 'counts',
    definitions: [tripSaga({ timeoutMs: 30_000 })],
    store: new MemoryStore(),
    transports: { kafka },
    participants: { travel: 'kafka' },
    recordAudit: () => Promise.resolve(),
    addDeadLetter: () => Promise.reject(new Error('there are no dead letters here')),
  });
  const flushes = jest.spyOn(kafka, 'send');
  const sends = jest.spyOn(bus, 'send');
  await engine.start();
  const participant = newBus();
  const sent = jest.spyOn(participant, 'send');
  await runParticipant(participant, { participant: 'travel', prefix }, () => SUCCEEDED).joined;
  try {
    const trips = Array.from({ length: COUNT }, () => startOf('trip', { trip: 'a' }));
    await Promise.all(trips.map((trip) => engine.begin(trip)));
    const ends = await Promise.all(trips.map(({ id }) => engine.waitForEnd(id, 30_000)));
    expect(new Set(ends.map((end) => end?.transaction.status))).toEqual(new Set(['completed']));

    const sizes = flushes.mock.calls.map(([commands]) => commands.length);
    expect(sizes[0]).toBe(COUNT);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(3 * COUNT);
    const records = sends.mock.calls.map(([messages]) => messages.length);
    expect(records).toEqual(sizes.map((size) => Math.ceil(size / 100)));
    // One record of replies for each of commands, and no more.
    const replies = sent.mock.calls.flatMap(([messages]) => messages).length;
    expect(replies).toBe(records.reduce((sum, count) => sum + count, 0));
  } finally {
    await engine.stop();
    await participant.close({ drainTimeoutMs: 0 });
  }
}, 120_000);
