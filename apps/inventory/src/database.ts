import { inventoryMigrations } from '@skald/migrations';
import { openDatabase } from '@skald/participant';
import type { DataSource } from 'typeorm';
import { Reservation } from './reservation.entity.js';
import { Stock } from './stock.entity.js';
import { seed } from './seed.js';

export const ENTITIES = [Stock, Reservation];

/** The service's database, migrated and seeded. `poolSize` is the most connections it takes. */
export function openInventory(options: { url: string; poolSize: number }): Promise<DataSource> {
  return openDatabase({
    ...options,
    name: 'inventory',
    entities: ENTITIES,
    migrations: inventoryMigrations,
    seed,
  });
}
