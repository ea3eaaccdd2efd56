import type { QueryRunner } from 'typeorm';
import { rollBack } from './attempts.js';
import { isInboxError, Overtaken } from './contention.js';
import { Partitions } from './partitions.js';
import { RoundTrips, type Row, type Statement } from './round-trip.js';
import { beginWith, commitWith, ended } from './transaction.js';

const UNIQUE_VIOLATION = '23505';
const NOT_NULL_VIOLATION = '23502';

export interface Begun {
  /** What its statements name: the partition of all its rows, or the whole inbox. */
  readonly table: string;
  /** Of each statement. */
  readonly results: readonly (readonly Row[])[];
}

/** Database transactions that begin with a look at the inbox and end with rows for it, each in one round trip. */
export class InboxTransactions {
  private readonly trips = new RoundTrips();
  private readonly partitions = new Partitions();

  /** Begins with statements on the table that transactions of these starts have their rows in. */
  async begin(
    runner: QueryRunner,
    starts: readonly number[],
    statementsOn: (table: string) => readonly Statement[],
  ): Promise<Begun> {
    const table = this.partitions.tableFor(starts);
    try {
      return { table, results: await beginWith(runner, this.trips, statementsOn(table)) };
    } catch (error) {
      await rollBack(runner);
      if (!this.partitions.isMissing(table, error)) throw error;
      return this.begin(runner, starts, statementsOn);
    }
  }

  /**
   * Inserts the rows of actions that ran, and commits.
   *
   * @throws Overtaken when one of them has a row meanwhile; then all is to be rolled back, as after any error.
   */
  async commit(runner: QueryRunner, insert: Statement): Promise<void> {
    try {
      await commitWith(runner, this.trips, [insert]);
    } catch (error) {
      if (isInboxError(error, UNIQUE_VIOLATION)) throw new Overtaken(error);
      if (isInboxError(error, NOT_NULL_VIOLATION)) throw ended(error);
      throw error;
    }
  }
}
