import type { EntityManager } from 'typeorm';

/** What is in stock to begin with. */
const OPENING_STOCK = { WIDGET: 10_000, GADGET: 10_000, RARE: 1 };

/** Puts in the opening stock once; a sku that is known keeps what it has. */
export async function seed(db: EntityManager): Promise<void> {
  await db.query(
    `insert into stock (sku, on_hand) select * from unnest($1::text[], $2::integer[])
     on conflict (sku) do nothing`,
    [Object.keys(OPENING_STOCK), Object.values(OPENING_STOCK)],
  );
}
