import type { InjectionToken } from '@nestjs/common';
import type { Operation } from '@skald/core';
import type { DataSource } from 'typeorm';
import { Gids } from './prepared/gid.js';

/** How a participant reaches Kafka. */
export interface KafkaOptions {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[];
  /** First part of the names of topics and groups. Default `skald`. */
  readonly topicPrefix?: string;
  /**
   * Creates the two topics with so many partitions if they are missing (development). All topics of an
   * installation have the same number, which never changes. Default: they are awaited.
   */
  readonly createPartitions?: number | undefined;
  /** How long the start waits for the group before it goes on without. Milliseconds, default 5,000. */
  readonly startTimeoutMs?: number;
}

/** The coordinator whose transactions the participant takes part in. */
export interface CoordinatorOptions {
  /** Origin of its HTTP API; asked for decisions. */
  readonly url: string;
  /** What names its transactions in this database: another coordinator needs another. Default `skald`. */
  readonly name?: string;
}

/** How branches are prepared in PostgreSQL, and how those in doubt are found out about. */
export interface PreparedOptions {
  /**
   * Most transactions that may be prepared in this database. Half of `max_prepared_transactions`, which all
   * databases of a server share, is left free in any case. Default: no other limit.
   */
  readonly maxPrepared?: number;
  /** Connections kept for commits, aborts and recovery. Default 4. */
  readonly decisionConnections?: number;
  /** Pause between two rounds of recovery. Milliseconds, default 5,000. */
  readonly recoveryIntervalMs?: number;
  /** How old a prepared transaction is before its decision is asked for. Milliseconds, default 5,000. */
  readonly graceMs?: number;
}

/** What `SkaldParticipantModule.forRoot` takes. */
export interface SkaldParticipantOptions {
  /** The contract; each of its operations must have a handler. */
  readonly participant: Readonly<Record<string, Operation>>;
  /**
   * Where the handlers write, and the barrier with them: a PostgreSQL DataSource, or the token under
   * which it is injected. Default: the `DataSource` of @nestjs/typeorm.
   */
  readonly dataSource?: DataSource | Exclude<InjectionToken, object>;
  /** `POST /skald/v1/commands` on the app's own server (Fastify). Default true. */
  readonly http?: boolean;
  /** Consumes `<prefix>.<participant>.commands`, too. Default: no Kafka. */
  readonly kafka?: KafkaOptions | undefined;
  /** Longest time for one command, retries after contention included. Milliseconds, default 10,000. */
  readonly handlerTimeoutMs?: number;
  /** Longest wait for a row lock in a handler's database transaction. Milliseconds, default 2,000. */
  readonly lockTimeoutMs?: number;
  /** Commands at the same time. Default: the DataSource's pool less two, for the service's own use. */
  readonly maxConcurrency?: number;
  /** Commands waiting for their turn; an envelope that would exceed it gets 503. Default 1,000. */
  readonly maxWaiting?: number;
  /** How long the barrier remembers, from the start of a transaction. Default 30. */
  readonly retentionDays?: number;
  /** Pause between two rounds of clean-up. Milliseconds, default one hour. */
  readonly cleanUpIntervalMs?: number;
  /** Clock of the clean-up, ms since the epoch. Default: the database's. */
  readonly now?: () => number;
  /** Whether the start brings the barrier's tables up to date. Default true. */
  readonly migrate?: boolean;
  /** Required where an operation is `@Prepares`: who has prepared must be able to ask for the decision. */
  readonly coordinator?: CoordinatorOptions | undefined;
  /**
   * Shared with the coordinator, at least 16 characters: opens `GET /skald/v1/prepared` and
   * `POST /skald/v1/prepared/resolve` to it. Default: they are closed.
   */
  readonly secret?: string | undefined;
  readonly prepared?: PreparedOptions;
}

/** The options with every default in its place. */
export interface Settings {
  readonly participant: string;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly http: boolean;
  readonly kafka: KafkaOptions | undefined;
  readonly handlerTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly maxConcurrency: number;
  readonly maxWaiting: number;
  readonly retentionDays: number;
  readonly cleanUpIntervalMs: number;
  readonly now: (() => number) | undefined;
  readonly migrate: boolean;
  readonly coordinatorUrl: URL | undefined;
  readonly gids: Gids;
  readonly secret: string | undefined;
  readonly maxPrepared: number;
  readonly decisionConnections: number;
  readonly recoveryIntervalMs: number;
  readonly graceMs: number;
}

const HOUR_MS = 3_600_000;
/** node-postgres' own default. */
const POOL_SIZE = 10;
const POOL_SHARE_OF_THE_SERVICE = 2;

const MIN_SECRET_LENGTH = 16;

/**
 * @throws TypeError for a contract without operations, a DataSource that is not PostgreSQL, or a setting
 *   that cannot be used.
 */
export function settingsOf(options: SkaldParticipantOptions, dataSource: DataSource): Settings {
  const operations = Object.values(options.participant) as unknown as readonly Operation[];
  const [first] = operations;
  if (!first) throw new TypeError('participant: the contract has no operations');
  return {
    participant: first.participant,
    operations: new Map(operations.map((operation) => [operation.operation, operation])),
    http: options.http ?? true,
    kafka: options.kafka,
    handlerTimeoutMs: options.handlerTimeoutMs ?? 10_000,
    lockTimeoutMs: options.lockTimeoutMs ?? 2_000,
    maxConcurrency:
      options.maxConcurrency ?? Math.max(1, poolSizeOf(dataSource) - POOL_SHARE_OF_THE_SERVICE),
    maxWaiting: options.maxWaiting ?? 1_000,
    retentionDays: options.retentionDays ?? 30,
    cleanUpIntervalMs: options.cleanUpIntervalMs ?? HOUR_MS,
    now: options.now,
    migrate: options.migrate ?? true,
    ...twoPhaseSettings(options),
  };
}

function twoPhaseSettings({ coordinator, secret, prepared = {} }: SkaldParticipantOptions) {
  if (secret !== undefined && secret.length < MIN_SECRET_LENGTH) {
    throw new TypeError(`secret: shorter than ${MIN_SECRET_LENGTH} characters`);
  }
  return {
    coordinatorUrl: coordinator && httpUrl(coordinator.url),
    gids: new Gids(coordinator?.name ?? 'skald'),
    secret,
    maxPrepared: prepared.maxPrepared ?? Number.MAX_SAFE_INTEGER,
    decisionConnections: prepared.decisionConnections ?? 4,
    recoveryIntervalMs: prepared.recoveryIntervalMs ?? 5_000,
    graceMs: prepared.graceMs ?? 5_000,
  };
}

function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new TypeError(`coordinator.url: ${text} is no http or https URL`);
}

function poolSizeOf({ options }: DataSource): number {
  if (options.type !== 'postgres') throw new TypeError('the barrier needs a PostgreSQL DataSource');
  const { max } = (options.extra ?? {}) as { readonly max?: unknown };
  return options.poolSize ?? (typeof max === 'number' ? max : POOL_SIZE);
}
