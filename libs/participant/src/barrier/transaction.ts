import type { QueryRunner } from 'typeorm';
import {
  isPipelined,
  type Connection,
  type RoundTrips,
  type Row,
  type Statement,
} from './round-trip.js';

/**
 * What TypeORM knows of a database transaction, and sets when it begins or ends one itself. Handlers see
 * the same as after `startTransaction`: what they nest are savepoints.
 */
interface TransactionState {
  isTransactionActive: boolean;
  transactionDepth: number;
}

const BEGIN: Statement = { name: 'skald_begin', text: 'start transaction' };
const COMMIT: Statement = { name: 'skald_commit', text: 'commit' };

/**
 * Begins the database transaction of `runner` and carries out statements in it, in one round trip where
 * the connection allows. TypeORM's subscribers are told. After an error it is to be rolled back.
 */
export async function beginWith(
  runner: QueryRunner,
  trips: RoundTrips,
  statements: readonly Statement[],
): Promise<readonly Row[][]> {
  const connection = (await runner.connect()) as Connection;
  if (!isPipelined(connection) || runner.dataSource.options.isolationLevel) {
    await runner.startTransaction();
    return trips.run(connection, statements);
  }
  await runner.broadcaster.broadcast('BeforeTransactionStart');
  Object.assign(runner, {
    isTransactionActive: true,
    transactionDepth: 1,
  } satisfies TransactionState);
  const [, ...results] = await trips.run(connection, [BEGIN, ...statements]);
  await runner.broadcaster.broadcast('AfterTransactionStart');
  return results;
}

/**
 * Carries out statements and commits, whatever depth of savepoints the handler left, in one round trip where
 * the connection allows. Commits nothing unless all of them succeed.
 *
 * @throws the error of a statement or of the commit; then it is to be rolled back.
 */
export async function commitWith(
  runner: QueryRunner,
  trips: RoundTrips,
  statements: readonly Statement[],
): Promise<void> {
  while (depthOf(runner) > 1) await runner.commitTransaction();
  if (!runner.isTransactionActive) throw ended();
  const connection = (await runner.connect()) as Connection;
  if (!isPipelined(connection)) {
    await trips.run(connection, statements);
    await runner.commitTransaction();
    return;
  }
  await runner.broadcaster.broadcast('BeforeTransactionCommit');
  await trips.run(connection, [...statements, COMMIT]);
  Object.assign(runner, {
    isTransactionActive: false,
    transactionDepth: 0,
  } satisfies TransactionState);
  await runner.broadcaster.broadcast('AfterTransactionCommit');
}

/** The database transaction that the barrier began is not the one that is there now. */
export function ended(cause?: unknown): Error {
  const message = 'the inbox row has no place: did the handler end the database transaction?';
  return new Error(message, { cause });
}

function depthOf(runner: QueryRunner): number {
  return (runner as unknown as TransactionState).transactionDepth;
}
