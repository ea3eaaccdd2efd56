import { isName } from '@skald/core';
import { isIP } from 'node:net';
import { z } from 'zod';

/** A configuration that cannot be used. Its message is one line that names every wrong variable. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** How a participant is reached, as `SKALD_PARTICIPANTS` says it. */
export type ParticipantAddress =
  | { readonly transport: 'http'; readonly origin: string; readonly mode: 'single' | 'batch' }
  | { readonly transport: 'kafka'; readonly mode: 'single' | 'batch' };

const INSECURE = 'i-understand';

function digits(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,15}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.int().min(least).max(most));
}

function list(pattern: RegExp, expected: string) {
  return z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(z.string().regex(pattern, expected)));
}

/** A page follows it: so http alone, and something of the transaction in it. */
function linkTo(example: string) {
  const expected = `expected http(s)://… with ${example}`;
  return z
    .string()
    .max(2_000)
    .regex(/^https?:\/\/[^\s{}]+[^\s]*\{(traceId|transaction)\}/, expected)
    .refine((text) => URL.canParse(text.replaceAll(/[{}]/g, '')), expected);
}

const ms = (least: number) => digits(least, 86_400_000);

const Participants = z.string().transform((text, context) => {
  const addresses = new Map<string, ParticipantAddress>();
  for (const entry of text.split(';').map((part) => part.trim())) {
    if (entry === '') continue;
    const [, name = '', where = ''] = /^([^=]*)=(.*)$/.exec(entry) ?? [];
    const address = addressOf(where.trim());
    if (!isName(name.trim()) || !address) {
      const message = `expected name=origin, name=origin#batch, name=kafka or name=kafka:batch, got "${entry}"`;
      context.addIssue({ code: 'custom', message });
    } else {
      addresses.set(name.trim(), address);
    }
  }
  return Object.fromEntries(addresses);
});

function addressOf(where: string): ParticipantAddress | undefined {
  if (where === 'kafka') return { transport: 'kafka', mode: 'single' };
  if (where === 'kafka:batch') return { transport: 'kafka', mode: 'batch' };
  const [, origin, batch] = /^(https?:\/\/[^#\s]+?)\/?(#batch)?$/.exec(where) ?? [];
  if (origin === undefined) return undefined;
  return { transport: 'http', origin, mode: batch === undefined ? 'single' : 'batch' };
}

const HOST_NAME = /^[A-Za-z0-9.-]+$|^\[[0-9A-Fa-f:.]+\]$/;

/** Everything the coordinator can be told from outside, with its default. */
export const Environment = z.object({
  PORT: digits(0, 65_535).default(4600).describe('TCP port of the API; 0 = a free one'),
  HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address to listen on; loopback only, as there is no authentication yet'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'expected postgres://…' })
    .describe('PostgreSQL database of the coordinators'),
  SKALD_NAME: z
    .string()
    .max(100)
    .optional()
    .describe('Names this coordinator for operators; host name and process id by default'),
  SKALD_PARTICIPANTS: Participants.default({}).describe(
    'Participants and how they are reached: `name=origin`, `name=origin#batch`, `name=kafka`, `name=kafka:batch`, separated by `;`',
  ),
  SKALD_ALLOWED_ORIGINS: list(/^https?:\/\/[^/\s]+$/, 'expected origins (http://host:port)')
    .default([])
    .describe('Origins outside of this machine that commands may be sent to, separated by commas'),
  SKALD_ALLOWED_HOSTS: list(HOST_NAME, 'expected host names without ports')
    .default([])
    .describe('Host names, besides loopback ones, that requests may be addressed to'),
  SKALD_INSECURE_NO_AUTH: z
    .literal(INSECURE, { error: `expected ${INSECURE}` })
    .optional()
    .describe(
      `\`${INSECURE}\` allows to listen beyond loopback although anybody who gets there may do everything`,
    ),
  SKALD_SECRET: z
    .string()
    .min(16)
    .optional()
    .describe(
      'Shared with the participants: by it they let this coordinator list and resolve what is prepared',
    ),
  KAFKA_BROKERS: list(/^[^,:\s]+:\d{1,5}$/, 'expected host:port')
    .optional()
    .describe('host:port,…; needed when a participant is reached by Kafka'),
  SKALD_TOPIC_PREFIX: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,100}$/)
    .default('skald')
    .describe("First part of all topics' names"),
  SKALD_KAFKA_PARTITIONS: digits(1, 1_000)
    .default(6)
    .describe('Partitions of topics that have to be created; never changed afterwards'),
  SKALD_KAFKA_CREATE_TOPICS: z
    .enum(['true', 'false'])
    .default('true')
    .transform((text) => text === 'true')
    .describe('Create missing topics; with `false` they are awaited'),
  SKALD_LEASE_MS: ms(200)
    .default(5_000)
    .describe(
      'A coordinator without a heartbeat for so long is dead: others take over what it had',
    ),
  SKALD_MAX_IN_FLIGHT: digits(1, 1_000_000)
    .default(20_000)
    .describe('Transactions under way in memory; beyond them starts get 503'),
  SKALD_MAX_IN_FLIGHT_PER_PARTICIPANT: digits(1, 100_000)
    .default(1_000)
    .describe('Unanswered commands of one participant'),
  SKALD_BATCH_RATE: digits(1, 100_000)
    .default(200)
    .describe('Orders per second that this coordinator carries out for batches'),
  SKALD_RETENTION_DAYS: digits(1, 36_500)
    .default(90)
    .describe('Ended transactions and their history are deleted after so many days'),
  SKALD_TOMBSTONE_DAYS: digits(1, 36_500)
    .default(90)
    .describe('For so many days after that their ids and keys stay known, and are answered 410'),
  SKALD_TRACE_URL: linkTo('{traceId}')
    .optional()
    .describe('Where a trace is seen, with `{traceId}` or `{transaction}` in its place'),
  SKALD_LOG_URL: linkTo('{transaction}')
    .optional()
    .describe(
      'Where the logs of a transaction are seen, with `{transaction}` or `{traceId}` in its place',
    ),
  SKALD_STEP_TIMEOUT_MS: ms(1)
    .optional()
    .describe('Overrides the time-out of every step in both directions, for tests'),
  SKALD_RETRY_ATTEMPTS_BEFORE_PIVOT: digits(1, 1_000_000)
    .optional()
    .describe('Overrides the attempts of actions before the pivot, for tests'),
  SKALD_RETRY_ATTEMPTS_FROM_PIVOT: digits(1, 1_000_000)
    .optional()
    .describe('Overrides the attempts from the pivot on and of compensations, for tests'),
  SKALD_RETRY_INITIAL_MS: ms(0).optional().describe('Overrides the first backoff, for tests'),
  SKALD_RETRY_CAP_MS: ms(0).optional().describe('Overrides the longest backoff, for tests'),
  SKALD_DEADLINE_MS: ms(1).optional().describe("Overrides the definitions' deadlines, for tests"),
  SKALD_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged'),
});

export type Config = Readonly<z.output<typeof Environment>>;

const Usable = Environment.superRefine((config, context) => {
  const refuse = (name: keyof Config, message: string) => {
    context.addIssue({ code: 'custom', path: [name], message });
  };
  if (!isLoopback(config.HOST) && config.SKALD_INSECURE_NO_AUTH === undefined) {
    const exception = `SKALD_INSECURE_NO_AUTH=${INSECURE} if whoever gets there may do everything`;
    refuse('HOST', `${config.HOST} is not loopback and there is no authentication; ${exception}`);
  }
  const byKafka = Object.values(config.SKALD_PARTICIPANTS).some((p) => p.transport === 'kafka');
  if (byKafka && !config.KAFKA_BROKERS)
    refuse('KAFKA_BROKERS', 'expected for participants on kafka');
});

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/**
 * Reads and freezes the whole configuration. An empty variable counts as absent.
 *
 * @throws ConfigurationError that names every wrong variable.
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const present = Object.entries(environment).filter(([, value]) => value !== '');
  const { success, data, error } = Usable.safeParse(Object.fromEntries(present));
  if (success) return Object.freeze(data);
  const wrong = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new ConfigurationError(`the configuration is not usable: ${wrong.join('; ')}`);
}
