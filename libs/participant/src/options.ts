import type { InjectionToken } from '@nestjs/common';
import type { Operation } from '@skald/core';
import type { DataSource } from 'typeorm';

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
}

const HOUR_MS = 3_600_000;
/** node-postgres' own default. */
const POOL_SIZE = 10;
const POOL_SHARE_OF_THE_SERVICE = 2;

/** @throws TypeError for a contract without operations, or a DataSource that is not PostgreSQL. */
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
  };
}

function poolSizeOf({ options }: DataSource): number {
  if (options.type !== 'postgres') throw new TypeError('the barrier needs a PostgreSQL DataSource');
  const { max } = (options.extra ?? {}) as { readonly max?: unknown };
  return options.poolSize ?? (typeof max === 'number' ? max : POOL_SIZE);
}
