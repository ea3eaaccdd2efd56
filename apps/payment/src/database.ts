import { paymentMigrations } from '@skald/migrations';
import { openDatabase } from '@skald/participant';
import type { DataSource } from 'typeorm';
import { Account } from './account.entity.js';
import { Payment } from './payment.entity.js';
import { seed } from './seed.js';

export const ENTITIES = [Account, Payment];

/** The service's database, migrated and seeded. `poolSize` is the most connections it takes. */
export function openPayment(options: { url: string; poolSize: number }): Promise<DataSource> {
  return openDatabase({
    ...options,
    name: 'payment',
    entities: ENTITIES,
    migrations: paymentMigrations,
    seed,
  });
}
