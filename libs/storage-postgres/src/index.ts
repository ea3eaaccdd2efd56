export { coordinatorDataSource, migrateCoordinator } from './data-source.js';
export { PostgresStore, type PostgresStoreOptions } from './postgres-store.js';
export { PostgresRetention, type PostgresRetentionOptions } from './retention.js';
export { PostgresViews, type PostgresViewsOptions } from './views/postgres-views.js';
