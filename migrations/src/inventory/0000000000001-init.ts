import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Stock is conserved: `reserved` of a sku is the sum of its held reservations. */
export class InventoryInit0000000000001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    // Half-empty pages keep updates of these few hot rows on their page, away from the index.
    await db.query(`
      create table stock (
        sku text primary key,
        on_hand integer not null check (on_hand >= 0),
        reserved integer not null default 0 check (reserved between 0 and on_hand)
      ) with (fillfactor = 50)`);
    await db.query(`
      create table reservation (
        id uuid primary key default gen_random_uuid(),
        order_id uuid not null,
        sku text not null references stock (sku),
        quantity integer not null check (quantity > 0),
        status text not null default 'held' check (status in ('held', 'released', 'deducted')),
        created_at timestamptz not null default clock_timestamp()
      )`);
    await db.query('create index reservation_of_order on reservation (order_id)');
    await db.query('create index reservation_newest on reservation (created_at desc, id)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
