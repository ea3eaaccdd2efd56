import { CATALOGUE } from '@skald/contracts';
import type { EntityManager } from 'typeorm';

/** Puts in the catalogue once; a sku that is known keeps its price. */
export async function seed(db: EntityManager): Promise<void> {
  await db.query(
    `insert into product (sku, price_cents) select * from unnest($1::text[], $2::integer[])
     on conflict (sku) do nothing`,
    [Object.keys(CATALOGUE), Object.values(CATALOGUE)],
  );
}
