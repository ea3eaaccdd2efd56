import { validate, type Schema } from '@skald/core';
import { z } from 'zod';

/** A configuration that cannot be used. Its message is one line that names every wrong variable. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

const Port = z.coerce.number().int().min(0).max(65_535);

const KafkaBrokers = z
  .string()
  .regex(/^[^,:\s]+:\d+(,[^,:\s]+:\d+)*$/, 'expected host:port, several separated by commas')
  .transform((list) => list.split(','));

/** What every service can be told from outside. Each app sets its own default port. */
export const ServiceEnvironment = z.object({
  PORT: Port.default(0).describe('TCP port of HTTP; 0 = a free one'),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .describe('PostgreSQL database of this service alone'),
  DATABASE_POOL_SIZE: z.coerce
    .number()
    .int()
    .min(2)
    .max(500)
    .default(20)
    .describe('Most connections to the database'),
  KAFKA_BROKERS: KafkaBrokers.optional().describe('host:port,…; without it there is HTTP alone'),
  SKALD_TOPIC_PREFIX: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,100}$/)
    .default('skald')
    .describe("First part of all topics' names"),
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
