import { inboxMigrations } from '@skald/migrations';
import { DataSource } from 'typeorm';

/** Any constant of our own: two processes that start at once take turns. */
const MIGRATION_LOCK = 5_340_215_001;

/**
 * Brings the barrier's tables in `dataSource`'s database up to date, on connections of its own.
 *
 * Keeps its own migrations table (`skald_inbox_migrations`), apart from the service's. Any number of
 * processes may call it at once.
 */
export async function migrateInbox(dataSource: DataSource): Promise<void> {
  const { options } = dataSource;
  if (options.type !== 'postgres') throw new TypeError('the barrier needs a PostgreSQL DataSource');
  const own = await new DataSource({
    ...options,
    entities: [],
    subscribers: [],
    migrations: inboxMigrations,
    migrationsTableName: 'skald_inbox_migrations',
    migrationsRun: false,
    synchronize: false,
    dropSchema: false,
    poolSize: 2,
    extra: { ...(options.extra as object | undefined), min: 0, max: 2 },
  }).initialize();
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
