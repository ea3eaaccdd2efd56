import { DataSource, type DataSourceOptions } from 'typeorm';
import { guardPool } from './guarded-pool.js';

/**
 * Another DataSource on the same database, for the SDK's own statements: no entities, at most `poolSize`
 * connections that nobody else takes. To be destroyed by whoever made it.
 */
export async function ownDataSource(
  { options }: DataSource,
  poolSize: number,
  more: Pick<DataSourceOptions, 'migrations' | 'migrationsTableName'> = {},
): Promise<DataSource> {
  if (options.type !== 'postgres') throw new TypeError('the barrier needs a PostgreSQL DataSource');
  const own = await new DataSource({
    ...options,
    entities: [],
    subscribers: [],
    migrationsRun: false,
    synchronize: false,
    dropSchema: false,
    migrations: [],
    ...more,
    poolSize,
    extra: { ...(options.extra as object | undefined), min: 0, max: poolSize },
  }).initialize();
  guardPool(own);
  return own;
}
