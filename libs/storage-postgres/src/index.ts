export { coordinatorDataSource, migrateCoordinator } from './data-source.js';
export { PostgresStore, type PostgresStoreOptions } from './postgres-store.js';
