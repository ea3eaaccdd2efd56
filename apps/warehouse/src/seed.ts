import type { EntityManager } from 'typeorm';

const OPENING_STOCK = 10_000;
const NUMBERED = 100;

/** WIDGET, GADGET, and `SKU-001` to `SKU-100`. */
const SKUS = [
  'WIDGET',
  'GADGET',
  ...Array.from({ length: NUMBERED }, (_, index) => `SKU-${String(index + 1).padStart(3, '0')}`),
];

/**
 * Puts in the opening stock once; a sku that is known keeps what it has. It is looked for first: a conflict
 * alone would wait for who has updated the row, and what is prepared here waits for the end of this start.
 */
export async function seed(db: EntityManager): Promise<void> {
  await db.query(
    `insert into stock (sku, opening, on_hand) select sku, $2, $2 from unnest($1::text[]) as sku
     where sku not in (select known.sku from stock as known)
     on conflict (sku) do nothing`,
    [SKUS, OPENING_STOCK],
  );
}
