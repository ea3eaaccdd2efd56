import { join } from 'node:path';
import { startBroker } from '../kafka/index.mjs';

/**
 * Starts a broker in the data folder and keeps it running, on one port.
 *
 * @param {string} dataDir
 * @param {import('./fleet.mjs').Fleet} fleet
 * @param {(line: string) => void} log
 * @returns {Promise<string>} As in KAFKA_BROKERS.
 */
export async function keepKafka(dataDir, fleet, log) {
  /** @type {import('../kafka/broker.mjs').Broker | undefined} */
  let broker;
  await fleet.keep('brokers', 'kafka', async () => {
    const port = broker ? { port: broker.port } : {};
    const dir = join(dataDir, 'kafka');
    broker = await startBroker({ dir, log, stopWith: process.pid, ...port });
    return broker;
  });
  return broker?.brokers.join(',') ?? '';
}
