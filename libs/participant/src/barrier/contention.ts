import { QueryFailedError } from 'typeorm';

/** A prepared statement that the server does not know, or knows already: not the connection it was, then. */
const FORGOTTEN = ['26000', '42P05'];

/** Serialization failure, deadlock, lock timeout, and the above: the same work may well succeed at once. */
const CONTENTION: ReadonlySet<unknown> = new Set(['40001', '40P01', '55P03', ...FORGOTTEN]);

/** The SQLSTATE of a database error, if it is one. */
export function sqlStateOf(error: unknown): string | undefined {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (typeof cause !== 'object' || cause === null) return undefined;
  const { code } = cause as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

export function isContention(error: unknown): boolean {
  return CONTENTION.has(sqlStateOf(error));
}

/** Whether the name of a prepared statement meant nothing, or something else, to the server. */
export function isForgotten(error: unknown): boolean {
  return FORGOTTEN.includes(sqlStateOf(error) ?? '');
}

/** Whether a statement waited for a lock longer than it may. */
export function isLockTimeout(error: unknown): boolean {
  return sqlStateOf(error) === '55P03';
}

const UNREACHABLE = /^(08...|57P0[123]|ECONN.*|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH)$/;

/** Whether the database could not be reached, or went away in the middle. */
export function isUnreachable(error: unknown): boolean {
  if (UNREACHABLE.test(sqlStateOf(error) ?? '')) return true;
  return error instanceof Error && /^Connection terminated|^timeout exceeded/.test(error.message);
}
