import { inboxMigrations } from '@skald/migrations';
import type { DataSource } from 'typeorm';
import { ownDataSource } from './own-data-source.js';

/** Any constant of our own: two processes that start at once take turns. */
const MIGRATION_LOCK = 5_340_215_001;

/**
 * Brings the barrier's tables in `dataSource`'s database up to date, on connections of its own.
 *
 * Keeps its own migrations table (`skald_inbox_migrations`), apart from the service's. Any number of
 * processes may call it at once.
 */
export async function migrateInbox(dataSource: DataSource): Promise<void> {
  const own = await ownDataSource(dataSource, 2, {
    migrations: inboxMigrations,
    migrationsTableName: 'skald_inbox_migrations',
  });
  const lock = own.createQueryRunner();
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await own.runMigrations({ transaction: 'all' });
  } finally {
    // The session ends with the connection, and the lock with the session.
    await lock.release();
    await own.destroy();
  }
}
