import { inventoryMigrations } from '@skald/migrations';
import type { ServiceDatabase } from '@skald/participant';
import { Reservation } from './reservation.entity.js';
import { seed } from './seed.js';

export const inventoryDatabase = {
  name: 'inventory',
  entities: [Reservation],
  migrations: inventoryMigrations,
  seed,
} satisfies ServiceDatabase;
