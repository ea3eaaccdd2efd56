export { startPostgres, stopLeftover } from './postgres.mjs';
export { createDatabase, dropDatabase, withClient, withDatabase } from './database.mjs';
