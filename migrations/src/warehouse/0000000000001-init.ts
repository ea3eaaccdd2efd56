import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A warehouse: stock, and each movement of it. Stock is conserved: what there is of a sku is what there
 * was in the beginning and the sum of its movements.
 *
 * A movement that is not booked yet counts beside the sku's row: what there is of a sku is `on_hand` and
 * the sum of its movements that are not booked.
 */
export class WarehouseInit0000000000001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    // Half-empty pages keep updates of these few hot rows on their page, away from the index.
    await db.query(`
      create table stock (
        sku text primary key,
        opening integer not null check (opening >= 0),
        on_hand integer not null check (on_hand >= 0)
      ) with (fillfactor = 50)`);
    // No reference to stock: it would lock the sku's row as long as the branch is prepared.
    await db.query(`
      create table movement (
        id uuid primary key default gen_random_uuid(),
        transfer_id uuid not null,
        sku text not null,
        quantity integer not null check (quantity <> 0),
        is_booked boolean not null check (is_booked or quantity > 0),
        moved_at timestamptz not null default clock_timestamp()
      )`);
    await db.query('create index movement_of_transfer on movement (transfer_id)');
    await db.query('create index movement_newest on movement (moved_at desc, id)');
    await db.query('create index movement_not_booked on movement (sku) where not is_booked');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
