import type { PreparedSource } from '@skald/engine';
import { HttpPrepared } from '@skald/transport-http';
import { KafkaPrepared, type Bus } from '@skald/transport-kafka';
import type { Config } from './config.js';
import { namesBy } from './transports.js';

/** The ways to ask participants what they have prepared; they are asked by the secret that they share. */
export interface PreparedSources {
  readonly all: readonly PreparedSource[];
  close(): Promise<void>;
}

export function createPreparedSources(config: Config, bus: Bus | undefined): PreparedSources {
  const { SKALD_SECRET: secret, SKALD_ALLOWED_ORIGINS: allowedOrigins } = config;
  const addresses = Object.entries(config.SKALD_PARTICIPANTS);
  const participants = Object.fromEntries(
    addresses.flatMap(([name, address]) =>
      address.transport === 'http' ? [[name, { origin: address.origin }]] : [],
    ),
  );
  const http =
    secret === undefined ? undefined : new HttpPrepared({ participants, allowedOrigins, secret });
  const kafka =
    bus &&
    new KafkaPrepared({
      bus,
      participants: namesBy('kafka', config),
      prefix: config.SKALD_TOPIC_PREFIX,
    });
  return {
    all: [...(http ? [http] : []), ...(kafka ? [kafka] : [])],
    close: async () => http?.close(),
  };
}
