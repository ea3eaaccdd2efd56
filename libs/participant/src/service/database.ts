import { DataSource, type DataSourceOptions, type EntityManager } from 'typeorm';
import { isUnreachable } from '../barrier/contention.js';
import { guardPool } from '../barrier/guarded-pool.js';

/** Any number will do, as long as all instances use the same. */
const MIGRATION_LOCK = 7_233_021_470;

const PATIENCE_MS = 60_000;
const PAUSE_MS = 250;

/** A service's own tables, and what is in them from the beginning. */
export interface ServiceDatabase {
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly entities: readonly (new () => object)[];
  /** Classes of the service's own tables, oldest first. The SDK brings its inbox itself. */
  readonly migrations: readonly (new () => unknown)[];
  /**
   * Puts in what must be there from the beginning. Runs at every start, so it must be idempotent, and must
   * not wait for rows that are prepared: they wait for the start to end. `on conflict do nothing` does wait.
   */
  readonly seed?: (db: EntityManager) => Promise<void>;
}

/** Where a service's database is. */
export interface DatabaseAddress {
  /** Connection string of the service's own PostgreSQL database. */
  readonly url: string;
  /** At least 2: migrations hold a lock on one and run on another. */
  readonly poolSize: number;
  /** How long to wait for a server that does not answer yet. Milliseconds, default one minute. */
  readonly patienceMs?: number;
  /** Told once when there is something to wait for. */
  readonly onWait?: (error: unknown) => void;
}

/**
 * Connects to a service's database and brings its schema up to date. Instances that start at once
 * wait for each other: an advisory lock lets one migrate and seed at a time. A server that does not
 * answer yet is waited for.
 */
export async function openDatabase(
  database: ServiceDatabase,
  address: DatabaseAddress,
): Promise<DataSource> {
  const endsAt = performance.now() + (address.patienceMs ?? PATIENCE_MS);
  for (let tries = 1; ; tries++) {
    try {
      return await open(database, address);
    } catch (error) {
      if (!isUnreachable(error) || performance.now() + PAUSE_MS > endsAt) throw error;
      if (tries === 1) address.onWait?.(error);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function open(database: ServiceDatabase, address: DatabaseAddress): Promise<DataSource> {
  const dataSource = new DataSource(optionsOf(database, address));
  await dataSource.initialize();
  guardPool(dataSource);
  try {
    await migrate(dataSource, database.seed);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return dataSource;
}

function optionsOf(
  { name, entities, migrations }: ServiceDatabase,
  { url, poolSize }: DatabaseAddress,
): DataSourceOptions {
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

async function migrate(dataSource: DataSource, seed: ServiceDatabase['seed']): Promise<void> {
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
