import type { Log, Transport } from '@skald/engine';
import { busLog, KafkajsBus, KafkaTransport } from '@skald/transport-kafka';
import { HttpTransport, type HttpParticipant } from '@skald/transport-http';
import { ConfigurationError, type Config } from './config.js';

/** The transports that reach the configured participants, by name. */
export function createTransports(config: Config, log: Log): Record<string, Transport> {
  const addresses = Object.entries(config.SKALD_PARTICIPANTS);
  const http = addresses.flatMap(([name, address]): [string, HttpParticipant][] =>
    address.transport === 'http' ? [[name, address]] : [],
  );
  const kafka = addresses.flatMap(([name, { transport }]) => (transport === 'kafka' ? [name] : []));
  return {
    ...(kafka.length > 0 && { kafka: kafkaTransport(kafka, config, log) }),
    ...(http.length > 0 && { http: httpTransport(Object.fromEntries(http), config, log) }),
  };
}

function httpTransport(
  participants: Readonly<Record<string, HttpParticipant>>,
  { SKALD_ALLOWED_ORIGINS: allowedOrigins }: Config,
  log: Log,
): Transport {
  try {
    return new HttpTransport({ participants, allowedOrigins, log, now: Date.now });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const hint = error.message.replace('allowedOrigins', 'SKALD_ALLOWED_ORIGINS');
    throw new ConfigurationError(`SKALD_PARTICIPANTS: ${hint}`, { cause: error });
  }
}

function kafkaTransport(participants: readonly string[], config: Config, log: Log): Transport {
  const { KAFKA_BROKERS: brokers = [], SKALD_TOPIC_PREFIX: prefix } = config;
  for (const name of participants) {
    if (config.SKALD_PARTICIPANTS[name]?.mode === 'batch') {
      // Whoever reads batches reads single events, too.
      log.warn('batches over Kafka are not sent yet; single events are', { participant: name });
    }
  }
  const bus = new KafkajsBus({ brokers, clientId: `${prefix}-coordinator`, log: busLog(log) });
  return new KafkaTransport({
    bus,
    participants,
    log,
    now: Date.now,
    prefix,
    partitions: config.SKALD_KAFKA_PARTITIONS,
    createTopics: config.SKALD_KAFKA_CREATE_TOPICS,
  });
}
