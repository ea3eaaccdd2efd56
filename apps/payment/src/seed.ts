import type { EntityManager } from 'typeorm';

/** Opens the account of the customer who has no money, once. */
export async function seed(db: EntityManager): Promise<void> {
  await db.query(
    `insert into account (id, balance_cents, opened_with_cents) values ('c-broke', 0, 0)
     on conflict (id) do nothing`,
  );
}
