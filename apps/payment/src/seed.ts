import { CATALOGUE } from '@skald/contracts';
import type { EntityManager } from 'typeorm';

/** Opens the account of the customer who has no money, and puts in the price list, once. */
export async function seed(db: EntityManager): Promise<void> {
  await db.query(
    `insert into account (id, balance_cents, opened_with_cents) values ('c-broke', 0, 0)
     on conflict (id) do nothing`,
  );
  await db.query(
    `insert into price (sku, price_cents) select * from unnest($1::text[], $2::integer[])
     on conflict (sku) do nothing`,
    [Object.keys(CATALOGUE), Object.values(CATALOGUE)],
  );
}
