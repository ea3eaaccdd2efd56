import { StoreError, type StoreErrorKind } from '@skald/engine';

/**
 * Classes and codes of SQLSTATE that say more than "the database is in no state to answer". 57014, a
 * statement that took too long, is among the rest: nothing was written, and callers may try again.
 */
const KINDS: readonly (readonly [prefix: string, kind: StoreErrorKind])[] = [
  ['40001', 'conflict'],
  ['40P01', 'conflict'],
  ['55P03', 'conflict'],
  ['22', 'data'],
  ['23', 'data'],
  ['54', 'data'], // a row or an index entry that is too large
];

/** What a failed call means for whoever called. Errors of the client itself are those of its connection. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError) return new StoreError('data', message, { cause: error });
  const code = sqlState(error);
  const kind = KINDS.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'unavailable';
  return new StoreError(kind, code === '' ? message : `${message} (${code})`, { cause: error });
}

function sqlState(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : '';
}
