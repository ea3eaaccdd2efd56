import type { Log, Transport } from '@skald/engine';
import { busLog, KafkajsBus, KafkaTransport } from '@skald/transport-kafka';
import type { Bus, KafkaParticipant } from '@skald/transport-kafka';
import { HttpTransport, type HttpParticipant } from '@skald/transport-http';
import { ConfigurationError, type Config } from './config.js';

/** The way to the brokers, if a participant is reached by them. The transport closes it. */
export function createBus(config: Config, log: Log): Bus | undefined {
  const { KAFKA_BROKERS: brokers = [], SKALD_TOPIC_PREFIX: prefix } = config;
  if (namesBy('kafka', config).length === 0) return undefined;
  return new KafkajsBus({ brokers, clientId: `${prefix}-coordinator`, log: busLog(log) });
}

/** Names of the participants that are reached by `transport`. */
export function namesBy(transport: 'http' | 'kafka', { SKALD_PARTICIPANTS }: Config): string[] {
  const addresses = Object.entries(SKALD_PARTICIPANTS);
  return addresses.flatMap(([name, address]) => (address.transport === transport ? [name] : []));
}

/** The transports that reach the configured participants, by name. */
export function createTransports(
  config: Config,
  log: Log,
  bus: Bus | undefined,
): Record<string, Transport> {
  const addresses = Object.entries(config.SKALD_PARTICIPANTS);
  const http = addresses.flatMap(([name, address]): [string, HttpParticipant][] =>
    address.transport === 'http' ? [[name, address]] : [],
  );
  return {
    ...(bus && { kafka: kafkaTransport(bus, config, log) }),
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

function kafkaTransport(bus: Bus, config: Config, log: Log): Transport {
  const addresses = Object.entries(config.SKALD_PARTICIPANTS);
  const participants = addresses.flatMap(([name, address]): [string, KafkaParticipant][] =>
    address.transport === 'kafka' ? [[name, address]] : [],
  );
  return new KafkaTransport({
    bus,
    participants: Object.fromEntries(participants),
    log,
    now: Date.now,
    prefix: config.SKALD_TOPIC_PREFIX,
    partitions: config.SKALD_KAFKA_PARTITIONS,
    createTopics: config.SKALD_KAFKA_CREATE_TOPICS,
  });
}
