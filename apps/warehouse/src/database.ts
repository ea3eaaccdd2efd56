import { warehouseMigrations } from '@skald/migrations';
import type { ServiceDatabase } from '@skald/participant';
import { seed } from './seed.js';

export const warehouseDatabase = {
  name: 'warehouse',
  entities: [],
  migrations: warehouseMigrations,
  seed,
} satisfies ServiceDatabase;
