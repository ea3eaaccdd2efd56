import { validate, type Schema } from '@skald/core';
import { z } from 'zod';
import type { KafkaOptions } from '../options.js';

/** A configuration that cannot be used. Its message is one line that names every wrong variable. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

function wholeNumber(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.int().min(least).max(most));
}

const KafkaBrokers = z
  .string()
  .regex(/^[^,:\s]+:\d+(,[^,:\s]+:\d+)*$/, 'expected host:port, several separated by commas')
  .transform((list) => list.split(','));

/** What every service can be told from outside. Each app sets its own default port. */
export const ServiceEnvironment = z.object({
  PORT: wholeNumber(0, 65_535).default(0).describe('TCP port of HTTP; 0 = a free one'),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('PostgreSQL database of this service alone'),
  DATABASE_POOL_SIZE: wholeNumber(2, 500).default(20).describe('Most connections to the database'),
  KAFKA_BROKERS: KafkaBrokers.optional().describe('host:port,…; without it there is HTTP alone'),
  COORDINATOR_URL: z
    .url({ protocol: /^https?$/ })
    .describe('Origin of a coordinator: asked for the decisions on what is prepared here'),
  SKALD_SECRET: z
    .string()
    .min(16)
    .optional()
    .describe('Shared with the coordinators: who knows it may list and resolve what is prepared'),
  SKALD_TOPIC_PREFIX: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,100}$/)
    .default('skald')
    .describe("First part of all topics' names"),
  SKALD_KAFKA_PARTITIONS: wholeNumber(1, 1_000)
    .default(6)
    .describe('Partitions of topics that have to be created; never changed afterwards'),
});

/** The configuration of one service. */
export type ServiceConfig = Readonly<z.output<typeof ServiceEnvironment>>;

/**
 * Reads and freezes a configuration. An empty variable counts as absent.
 *
 * @throws ConfigurationError that names every wrong variable.
 */
export function parseEnvironment<Config extends object>(
  schema: Schema<unknown, Config>,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Config> {
  const present = Object.entries(environment).filter(([, value]) => value !== '');
  const checked = validate(schema, Object.fromEntries(present));
  if (checked.ok) return Object.freeze(checked.value);
  const wrong = checked.errors.map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`);
  throw new ConfigurationError(`the configuration is not usable: ${wrong.join('; ')}`);
}

/**
 * Reads the configuration of a service that is told no more than all are.
 *
 * @throws ConfigurationError that names every wrong variable.
 */
export function loadServiceConfig(
  defaultPort: number,
  environment: NodeJS.ProcessEnv,
): ServiceConfig {
  const schema = ServiceEnvironment.extend({
    PORT: ServiceEnvironment.shape.PORT.default(defaultPort),
  });
  return parseEnvironment(schema, environment);
}

/** How a service so configured reaches Kafka; undefined when it has no brokers. */
export function kafkaOf(config: ServiceConfig): KafkaOptions | undefined {
  const { KAFKA_BROKERS: brokers, SKALD_TOPIC_PREFIX: topicPrefix } = config;
  return brokers && { brokers, topicPrefix, createPartitions: config.SKALD_KAFKA_PARTITIONS };
}
