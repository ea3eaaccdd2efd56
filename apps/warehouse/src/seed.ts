import type { EntityManager } from 'typeorm';

const OPENING_STOCK = 10_000;
const NUMBERED = 100;

/** WIDGET, GADGET, and `SKU-001` to `SKU-100`. */
const SKUS = [
  'WIDGET',
  'GADGET',
  ...Array.from({ length: NUMBERED }, (_, index) => `SKU-${String(index + 1).padStart(3, '0')}`),
];

/** Puts in the opening stock once; a sku that is known keeps what it has. */
export async function seed(db: EntityManager): Promise<void> {
  await db.query(
    `insert into stock (sku, opening, on_hand) select sku, $2, $2 from unnest($1::text[]) as sku
     on conflict (sku) do nothing`,
    [SKUS, OPENING_STOCK],
  );
}
