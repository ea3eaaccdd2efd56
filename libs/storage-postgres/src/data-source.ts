import { coordinatorMigrations } from '@skald/migrations';
import pg from 'pg';
import { DataSource } from 'typeorm';

/** A TypeORM DataSource over the coordinator's database, for its migrations. Not initialized yet. */
export function coordinatorDataSource(url: string): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    migrations: coordinatorMigrations,
    migrationsTableName: 'skald_migration',
    synchronize: false,
    logging: false,
    applicationName: 'skald migrations',
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
  });
}

/** Brings the coordinator's database to the newest schema. Several processes may do so at once. */
export async function migrateCoordinator(url: string): Promise<void> {
  const guard = new pg.Client({ connectionString: url, application_name: 'skald migrations' });
  guard.on('error', () => undefined);
  await guard.connect();
  try {
    await guard.query(`select pg_advisory_lock(hashtext('skald migrate coordinator'))`);
    const dataSource = await coordinatorDataSource(url).initialize();
    try {
      await dataSource.runMigrations({ transaction: 'each' });
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await guard.end();
  }
}
