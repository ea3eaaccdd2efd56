import { storeConformance } from '@skald/testing';
import { testDatabase } from '../../../test/setup/database.js';
import { migrateCoordinator } from './data-source.js';
import { PostgresStore } from './postgres-store.js';

storeConformance('PostgreSQL', async () => {
  const database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  return { open: () => new PostgresStore({ url: database.url }), tearDown: database.drop };
});
