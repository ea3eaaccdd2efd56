import { paymentMigrations } from '@skald/migrations';
import type { ServiceDatabase } from '@skald/participant';
import { Account } from './account.entity.js';
import { Payment } from './payment.entity.js';
import { seed } from './seed.js';

export const paymentDatabase = {
  name: 'payment',
  entities: [Account, Payment],
  migrations: paymentMigrations,
  seed,
} satisfies ServiceDatabase;
