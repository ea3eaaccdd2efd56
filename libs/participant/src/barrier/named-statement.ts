import type { QueryRunner } from 'typeorm';
import { isForgotten } from './contention.js';

/** The part of a `pg` client that TypeORM hides: it cannot name a statement. */
interface Connection {
  query(statement: {
    readonly name?: string;
    readonly text: string;
    readonly values: readonly unknown[];
  }): Promise<{ readonly rows: readonly unknown[] }>;
}

/**
 * A statement that each connection parses and plans once, and not for each command: that is three
 * quarters of what PostgreSQL has to do to insert one row of the inbox.
 *
 * A pooler that hands out connections per database transaction, and does not know prepared statements
 * (PgBouncer before 1.21), makes the name mean nothing. From the first time that it does, the statement
 * goes without; that once it fails as contention does, and is tried again.
 */
export class NamedStatement {
  private isNamed = true;

  constructor(
    private readonly name: string,
    private readonly text: string,
  ) {}

  /** Runs it on the connection of `runner`, in its database transaction; returns the rows. */
  async run(runner: QueryRunner, values: readonly unknown[]): Promise<readonly unknown[]> {
    const { name, text } = this;
    const connection = (await runner.connect()) as Connection;
    try {
      const statement = this.isNamed ? { name, text, values } : { text, values };
      const { rows } = await connection.query(statement);
      return rows;
    } catch (error) {
      if (isForgotten(error)) this.isNamed = false;
      throw error;
    }
  }
}
