import { orderMigrations } from '@skald/migrations';
import { openDatabase } from '@skald/participant';
import type { DataSource } from 'typeorm';
import { CustomerOrder, OrderLine } from './order.entity.js';
import { Product } from './product.entity.js';
import { seed } from './seed.js';

export const ENTITIES = [CustomerOrder, OrderLine, Product];

/** The service's database, migrated and seeded. `poolSize` is the most connections it takes. */
export function openOrder(options: { url: string; poolSize: number }): Promise<DataSource> {
  return openDatabase({
    ...options,
    name: 'order',
    entities: ENTITIES,
    migrations: orderMigrations,
    seed,
  });
}
