import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '../wait.mjs';
import { answers } from './answers.mjs';
import { KAFKA_VERSION } from './jars.mjs';

const run = promisify(execFile);
const PULL_TIMEOUT_MS = 300_000;
const READY_TIMEOUT_MS = 60_000;

/** True when a docker engine answers and has compose. */
export async function hasDocker() {
  try {
    await run('docker', ['info'], { timeout: 10_000 });
    await run('docker', ['compose', 'version'], { timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

/**
 * The same broker in a container, for machines without Java. Its data live in a volume that is
 * named after the folder, so that a second start finds them.
 *
 * @param {{ dir: string, port: number, heapMb?: number, log?: (line: string) => void }} options
 * @returns {Promise<import('./broker.mjs').Broker>}
 */
export async function startContainer({ dir, port, heapMb = 256, log }) {
  const project = `skald-kafka-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`;
  const file = join(dir, 'compose.json');
  writeFileSync(file, JSON.stringify(composeFile(port, heapMb), null, 2));
  const compose = (/** @type {string[]} */ ...words) =>
    run('docker', ['compose', '-p', project, '-f', file, ...words], { timeout: PULL_TIMEOUT_MS });
  log?.(`starting Apache Kafka ${KAFKA_VERSION} in a container`);
  await compose('up', '-d');
  await waitFor(() => answers(port), { timeoutMs: READY_TIMEOUT_MS, what: 'Kafka', everyMs: 200 });
  /** @type {() => void} */
  let ended = () => undefined;
  /** @type {Promise<void>} */
  const exited = new Promise((done) => (ended = done));
  return {
    brokers: [`127.0.0.1:${port}`],
    port,
    pid: null,
    exited,
    stop: async ({ mode = 'smart' } = {}) => {
      await compose('down', '--timeout', mode === 'smart' ? '15' : '0');
      ended();
    },
  };
}

/**
 * @param {number} port
 * @param {number} heapMb
 */
function composeFile(port, heapMb) {
  return {
    services: {
      kafka: {
        image: `apache/kafka:${KAFKA_VERSION}`,
        ports: [`127.0.0.1:${port}:${port}`],
        volumes: ['data:/var/lib/kafka/data'],
        environment: {
          KAFKA_HEAP_OPTS: `-Xmx${heapMb}m`,
          KAFKA_NODE_ID: '1',
          KAFKA_PROCESS_ROLES: 'broker,controller',
          KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
          KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
          KAFKA_LISTENERS: `PLAINTEXT://0.0.0.0:${port},CONTROLLER://localhost:9093`,
          KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
          KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
          KAFKA_LOG_DIRS: '/var/lib/kafka/data',
          KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
          KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '4',
          KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
          KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
          KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
          KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
        },
      },
    },
    volumes: { data: {} },
  };
}
