import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';

/** A prepared statement that the server does not know, or knows already: not the connection it was, then. */
const FORGOTTEN = ['26000', '42P05'];

/** Serialization failure, deadlock, lock timeout, and the above: the same work may well succeed at once. */
const CONTENTION: ReadonlySet<unknown> = new Set(['40001', '40P01', '55P03', ...FORGOTTEN]);

/** The SQLSTATE of a database error, if it is one. */
export function sqlStateOf(error: unknown): string | undefined {
  const cause = causeOf(error);
  if (typeof cause !== 'object' || cause === null) return undefined;
  const { code } = cause as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/**
 * Another attempt stored its outcome while this one ran, in spite of the lock: what this one wrote is
 * rolled back, and tried again it finds what the other one did.
 */
export class Overtaken extends Error {
  constructor(cause: unknown) {
    super('another attempt was quicker', { cause });
  }
}

export function isContention(error: unknown): boolean {
  return error instanceof Overtaken || CONTENTION.has(sqlStateOf(error));
}

/** Whether a row of the inbox itself, not of the handler's tables, broke a constraint. */
export function isInboxError(error: unknown, sqlState: string): boolean {
  if (sqlStateOf(error) !== sqlState) return false;
  const { table } = causeOf(error) as { readonly table?: unknown };
  return typeof table === 'string' && table.startsWith('skald_inbox');
}

/** Whether the name of a prepared statement meant nothing, or something else, to the server. */
export function isForgotten(error: unknown): boolean {
  return FORGOTTEN.includes(sqlStateOf(error) ?? '');
}

/** Whether a statement waited for a lock longer than it may. */
export function isLockTimeout(error: unknown): boolean {
  return sqlStateOf(error) === '55P03';
}

/** The database's own error. */
function causeOf(error: unknown): unknown {
  return error instanceof QueryFailedError ? error.driverError : error;
}

/** What `pg` and its pool say, who have no code for it. */
const GONE = /^Connection terminated|^timeout exceeded|is not queryable$/;

const UNREACHABLE = /^(08...|53300|57P0[123]|ECONN.*|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)$/;

/**
 * Whether the database could not be reached, had no connection left, or went away in the middle. TypeORM
 * releases a query runner whose connection is lost: to a repository that goes on, this looks like a misuse.
 */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof QueryRunnerAlreadyReleasedError) return true;
  if (UNREACHABLE.test(sqlStateOf(error) ?? '')) return true;
  return error instanceof Error && GONE.test(error.message);
}
