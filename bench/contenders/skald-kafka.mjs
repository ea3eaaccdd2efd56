// Skald in process over real Kafka, three participants.
import { busLog, KafkajsBus, KafkaTransport } from '@skald/transport-kafka';
import { startKafkaParticipants } from '../lib/kafka.mjs';
import { byService, log, placeOrder, runOne, startEngine, verdictOf } from './skald-parts.mjs';

const NAMES = ['inventory', 'payment', 'order'];
const PARTITIONS = 4;

/**
 * @param {{ databaseUrl: string, brokers: string[], topics: string, mode: 'single' | 'batch' }} options
 */
export async function start({ databaseUrl, brokers, topics: prefix, mode }) {
  const bus = new KafkajsBus({ brokers, clientId: 'bench', log: busLog(log) });
  const names = NAMES.flatMap((name) => [
    `${prefix}.${name}.commands`,
    `${prefix}.${name}.replies`,
  ]);
  await bus.ensureTopics(names.map((name) => ({ name, partitions: PARTITIONS })));
  const participants = await startKafkaParticipants(brokers, prefix);
  const options = {
    bus,
    participants: Object.fromEntries(NAMES.map((name) => [name, { mode }])),
    log,
    now: Date.now,
    prefix,
    partitions: PARTITIONS,
    createTopics: true,
  };
  const kafka = new KafkaTransport(options);
  const { engine, stop } = await startEngine({
    databaseUrl,
    definitions: [placeOrder(byService)],
    transports: { kafka },
    participants: Object.fromEntries(NAMES.map((name) => [name, 'kafka'])),
  });
  await engine.start();
  return {
    pids: { participants: participants.pid },
    run: async (/** @type {number} */ order, /** @type {boolean} */ fail) =>
      verdictOf(await runOne(engine, 'bench', { order, amount: 4200, fail })),
    async stop() {
      await stop();
      await participants.stop();
    },
  };
}
