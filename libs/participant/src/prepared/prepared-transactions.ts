import type { QueryRunner } from 'typeorm';
import { sqlStateOf } from '../barrier/contention.js';
import { NotNow } from '../errors.js';

export type DecidedOutcome = 'commit' | 'abort';

/** What the server says about one gid, and about its prepared transactions altogether. */
export interface Look {
  readonly isPrepared: boolean;
  /** Prepared transactions of the whole server, other databases included: they share one limit. */
  readonly used: number;
  /** Those of this database alone. */
  readonly usedHere: number;
  /** `max_prepared_transactions`. */
  readonly maxPrepared: number;
}

export interface Prepared {
  readonly gid: string;
  readonly preparedAt: Date;
  /** By the database's clock. */
  readonly ageMs: number;
  readonly locks: readonly HeldLock[];
}

export interface HeldLock {
  readonly relation: string;
  readonly mode: string;
  readonly count: number;
}

/** The part of a `pg` client that TypeORM hides. */
interface Connection {
  query(sql: string): Promise<{ readonly command: string }>;
}

/**
 * Read from shared memory, not from a snapshot: what is prepared at this moment. A row that a prepared
 * transaction held is visible to the next statement, not to this one.
 */
const LOOK = `
  select coalesce(bool_or(gid = $1 and database = current_database()), false) as "isPrepared",
    count(*)::int as used, (count(*) filter (where database = current_database()))::int as "usedHere",
    current_setting('max_prepared_transactions')::int as "maxPrepared"
  from pg_prepared_xacts`;

/** Oldest first; gids of other databases and of other coordinators are not ours to finish. */
const LIST = `
  select gid, extract(epoch from clock_timestamp() - prepared)::float8 * 1000 as "ageMs"
  from pg_prepared_xacts where database = current_database() and starts_with(gid, $1)
  order by prepared`;

/**
 * The tables that prepared transactions hold locks on, the barrier's own left out. Locks name their holder by
 * a virtual transaction; which one is a prepared transaction's, the lock on its own id tells.
 */
const LIST_WITH_LOCKS = `
  with lock as materialized (select * from pg_locks where pid is null and granted),
  held as (
    select virtualtransaction, relation::regclass::text as relation, mode, count(*)::int as count
    from lock join pg_class on pg_class.oid = relation
    where lock.database = (select oid from pg_database where datname = current_database())
      and relkind in ('r', 'p') and not starts_with(relname, 'skald_inbox')
    group by 1, 2, 3
  ), locks as (
    select holder.transactionid::text as transaction,
      json_agg(json_build_object('relation', held.relation, 'mode', held.mode, 'count', held.count)
        order by held.relation, held.mode) as locks
    from held join lock holder using (virtualtransaction)
    where holder.locktype = 'transactionid' group by holder.transactionid::text
  )
  select gid, prepared as "preparedAt", coalesce(locks, '[]') as locks,
    extract(epoch from clock_timestamp() - prepared)::float8 * 1000 as "ageMs"
  from pg_prepared_xacts prepared_xact
    left join locks on locks.transaction = prepared_xact.transaction::text
  where database = current_database() and starts_with(gid, $1)
  order by prepared limit $2`;

export async function look(runner: QueryRunner, gid: string): Promise<Look> {
  const [found] = (await runner.query(LOOK, [gid])) as Look[];
  if (!found) throw new Error('an aggregate without a row');
  return found;
}

export async function listPrepared(
  runner: QueryRunner,
  prefix: string,
): Promise<Pick<Prepared, 'gid' | 'ageMs'>[]> {
  return (await runner.query(LIST, [prefix])) as Pick<Prepared, 'gid' | 'ageMs'>[];
}

export async function listWithLocks(
  runner: QueryRunner,
  prefix: string,
  atMost: number,
): Promise<Prepared[]> {
  return (await runner.query(LIST_WITH_LOCKS, [prefix, atMost])) as Prepared[];
}

/**
 * Prepares the open database transaction of `runner` under `gid`. From then on it belongs to no session.
 *
 * Constraints are checked before, so that a no of theirs is told as such. PREPARE in a database transaction
 * that is over, or failed, answers without an error: hence the look at what it says it did.
 *
 * @throws NotNow when it cannot be prepared; then it is rolled back.
 */
export async function prepare(runner: QueryRunner, gid: string): Promise<void> {
  await runner.query('set constraints all immediate');
  const connection = (await runner.connect()) as Connection;
  const { command } = await connection.query(`prepare transaction '${gid}'`).catch(tell);
  if (command === 'PREPARE') return;
  throw new Error('nothing was prepared: did the handler end the database transaction?');
}

const REFUSALS: Readonly<Record<string, string>> = {
  '42710': 'gid-taken',
  '53200': 'prepared-limit',
  '55000': 'prepared-limit',
  '0A000': 'not-preparable',
};

function tell(error: unknown): never {
  const reason = REFUSALS[sqlStateOf(error) ?? ''];
  if (reason === undefined || !(error instanceof Error)) throw error;
  throw new NotNow(reason, error.message, { cause: error });
}

/**
 * Finishes a prepared transaction. `gone` means that somebody else has, or is about to; which way, the
 * barrier row tells.
 *
 * @throws NotNow when it is not ours to finish.
 */
export async function finish(
  runner: QueryRunner,
  gid: string,
  outcome: DecidedOutcome,
): Promise<'finished' | 'gone'> {
  try {
    await runner.query(`${outcome === 'commit' ? 'commit' : 'rollback'} prepared '${gid}'`);
    return 'finished';
  } catch (cause) {
    const state = sqlStateOf(cause);
    if (state === UNDEFINED_OBJECT || state === BUSY) return 'gone';
    if (state !== NO_PRIVILEGE) throw cause;
    throw new NotNow('prepared-by-another', String(cause), { cause });
  }
}

const UNDEFINED_OBJECT = '42704';
const BUSY = '55000';
const NO_PRIVILEGE = '42501';

/** Whether the database transaction of `runner` wrote to a table other than the barrier's. */
export async function hasWritten(runner: QueryRunner): Promise<boolean> {
  const [found] = (await runner.query(`
    select exists (select from pg_stat_xact_user_tables
      where not starts_with(relname, 'skald_inbox') and n_tup_ins + n_tup_upd + n_tup_del > 0
    ) as "hasWritten"`)) as { hasWritten: boolean }[];
  return found?.hasWritten ?? true;
}
