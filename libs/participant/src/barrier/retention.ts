import type { DataSource, QueryRunner } from 'typeorm';
import { sqlStateOf } from './contention.js';
import { partitionOf, startOfDay } from './partitions.js';

export interface RetentionOptions {
  /** How long the barrier remembers, counted from the start of a transaction. */
  readonly retentionDays: number;
  /** No handler runs longer: partitions are dropped later than that after the watermark. */
  readonly handlerTimeoutMs: number;
  /** Ms since the epoch. Default: the database's clock. */
  readonly now?: (() => number) | undefined;
}

/** What one round of clean-up did. */
export interface CleanUp {
  /** Ms since the epoch; commands of transactions that began before it are `expired`. Null = none yet. */
  readonly watermark: number | null;
  readonly created: readonly string[];
  readonly dropped: readonly string[];
  /** Partitions that could not be created or dropped now and are left to the next round, with reasons. */
  readonly postponed: readonly string[];
}

const DAY_MS = 86_400_000;
const DAYS_BEHIND = 1;
const DAYS_AHEAD = 7;
const PARTITION = /^skald_inbox_p(\d{4})(\d\d)(\d\d)$/;
const CLEAN_UP_LOCK = 5_340_215_002;
/** Creating and dropping lock out all commands: they wait no longer than this, and try again next time. */
const DDL_LOCK_TIMEOUT_MS = 500;

const NOTHING: CleanUp = { watermark: null, created: [], dropped: [], postponed: [] };

/**
 * One round of clean-up (docs/decisions/0003): creates the partitions of the days to come, advances
 * the watermark, and drops the partitions behind a watermark that was committed more than twice the
 * handler limit ago. So what this round uncovers goes in a later one. One process does it at a time.
 */
export async function cleanInbox(
  dataSource: DataSource,
  options: RetentionOptions,
): Promise<CleanUp> {
  const runner = dataSource.createQueryRunner();
  try {
    const [lock] = (await runner.query('select pg_try_advisory_lock($1) as "isOurs"', [
      CLEAN_UP_LOCK,
    ])) as { isOurs: boolean }[];
    if (lock?.isOurs !== true) return NOTHING;
    try {
      return await clean(runner, options);
    } finally {
      await runner.query('select pg_advisory_unlock($1)', [CLEAN_UP_LOCK]);
    }
  } finally {
    await runner.release();
  }
}

async function clean(runner: QueryRunner, options: RetentionOptions): Promise<CleanUp> {
  const now = options.now?.() ?? (await databaseNow(runner));
  const created: string[] = [];
  const dropped: string[] = [];
  const postponed: string[] = [];
  const partitions = await partitionDays(runner);

  for (
    let day = startOfDay(now) - DAYS_BEHIND * DAY_MS;
    day <= now + DAYS_AHEAD * DAY_MS;
    day += DAY_MS
  ) {
    if (partitions.has(day)) continue;
    const failure = await create(runner, day);
    if (failure === null) created.push(partitionOf(day));
    else postponed.push(`${partitionOf(day)}: ${failure}`);
  }

  const watermark = await advance(runner, startOfDay(now - options.retentionDays * DAY_MS), now);
  if (now - watermark.committedAt > 2 * options.handlerTimeoutMs) {
    for (const day of partitions) {
      if (day + DAY_MS > watermark.at) continue;
      const failure = await drop(runner, partitionOf(day));
      if (failure === null) dropped.push(partitionOf(day));
      else postponed.push(`${partitionOf(day)}: ${failure}`);
    }
    await emptyDefault(runner, watermark.at);
  }
  return { watermark: watermark.at, created, dropped, postponed };
}

async function databaseNow(runner: QueryRunner): Promise<number> {
  const [row] = (await runner.query('select now() as now')) as { now: Date }[];
  return row?.now.getTime() ?? 0;
}

async function partitionDays(runner: QueryRunner): Promise<Set<number>> {
  const rows = (await runner.query(
    `select child.relname as name from pg_inherits
     join pg_class child on child.oid = inhrelid where inhparent = 'skald_inbox'::regclass`,
  )) as { name: string }[];
  const days = rows.flatMap(({ name }) => {
    const [, year, month, day] = PARTITION.exec(name) ?? [];
    return year ? [Date.UTC(Number(year), Number(month) - 1, Number(day))] : [];
  });
  return new Set(days.toSorted((a, b) => a - b));
}

/** The watermark never goes back, whatever clocks and settings the processes of a participant have. */
async function advance(
  runner: QueryRunner,
  to: number,
  now: number,
): Promise<{ at: number; committedAt: number }> {
  await runner.query(
    `update skald_inbox_watermark set watermark = $1, committed_at = $2 where watermark < $1`,
    [new Date(to), new Date(now)],
  );
  const [row] = (await runner.query(
    'select watermark, committed_at as "committedAt" from skald_inbox_watermark',
  )) as { watermark: Date; committedAt: Date }[];
  if (!row) throw new Error('skald_inbox_watermark has no row: was the inbox migrated?');
  return { at: row.watermark.getTime(), committedAt: row.committedAt.getTime() };
}

/**
 * Null, or why not. Rows of that day that went to the default partition meanwhile keep the partition
 * from being made; they stay where they are and are found there. Rows of compensations and of branches
 * are updated once, with their reply: where pages have room for that, it touches no index.
 */
function create(runner: QueryRunner, day: number): Promise<string | null> {
  const from = new Date(day).toISOString();
  const to = new Date(day + DAY_MS).toISOString();
  return define(
    runner,
    `create table ${partitionOf(day)} partition of skald_inbox for values from ('${from}') to ('${to}')
     with (fillfactor = 90)`,
  );
}

/** Waits for handlers that still have the table open, because dropping locks it, but not for long. */
function drop(runner: QueryRunner, name: string): Promise<string | null> {
  return define(runner, `drop table ${name}`);
}

async function define(runner: QueryRunner, statement: string): Promise<string | null> {
  await runner.startTransaction();
  try {
    await runner.query(`set local lock_timeout = ${DDL_LOCK_TIMEOUT_MS}`);
    await runner.query(statement);
    await runner.commitTransaction();
    return null;
  } catch (error) {
    await runner.rollbackTransaction();
    if (sqlStateOf(error) === undefined || !(error instanceof Error)) throw error;
    return error.message;
  }
}

/** Row by row, because here are only the few rows that no partition covered. */
async function emptyDefault(runner: QueryRunner, watermark: number): Promise<void> {
  await runner.query('delete from skald_inbox_default where started_at < $1', [
    new Date(watermark),
  ]);
}
