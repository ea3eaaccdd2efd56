import { DataSource, type DataSourceOptions, type EntityManager } from 'typeorm';

/** Any number will do, as long as all instances use the same. */
const MIGRATION_LOCK = 7_233_021_470;

interface Database {
  /** Connection string of the service's own PostgreSQL database. */
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** At least 2: migrations hold a lock on one and run on another. */
  readonly poolSize: number;
  readonly entities: readonly (new () => unknown)[];
  /** Classes of the service's own tables, oldest first. The SDK brings its inbox itself. */
  readonly migrations: readonly (new () => unknown)[];
  /** Puts in what must be there from the beginning. Runs at every start, so it must be idempotent. */
  readonly seed?: (db: EntityManager) => Promise<void>;
}

/**
 * Connects to a service's database and brings its schema up to date. Instances that start at once
 * wait for each other: an advisory lock lets one migrate and seed at a time.
 */
export async function openDatabase(database: Database): Promise<DataSource> {
  const dataSource = new DataSource(optionsOf(database));
  await dataSource.initialize();
  try {
    await migrate(dataSource, database.seed);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return dataSource;
}

function optionsOf({ url, name, poolSize, entities, migrations }: Database): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    applicationName: `skald ${name}`,
    poolSize,
    entities: [...entities],
    migrations: [...migrations],
    migrationsTableName: 'migration',
    synchronize: false,
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    extra: { connectionTimeoutMillis: 5_000 },
  };
}

async function migrate(dataSource: DataSource, seed: Database['seed']): Promise<void> {
  const lock = dataSource.createQueryRunner();
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await dataSource.runMigrations({ transaction: 'each' });
    if (seed) await dataSource.transaction(seed);
    await lock.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
  } finally {
    await lock.release();
  }
}
