import { orderMigrations } from '@skald/migrations';
import type { ServiceDatabase } from '@skald/participant';
import { CustomerOrder, OrderLine } from './order.entity.js';
import { Product } from './product.entity.js';
import { seed } from './seed.js';

export const orderDatabase = {
  name: 'order',
  entities: [CustomerOrder, OrderLine, Product],
  migrations: orderMigrations,
  seed,
} satisfies ServiceDatabase;
