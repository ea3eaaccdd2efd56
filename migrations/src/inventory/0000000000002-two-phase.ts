import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Holds that end by themselves, and stock that leaves the store.
 *
 * A prepared transaction keeps its locks until it is decided. So what leaves is written down in
 * `deduction` and not at once in the sku's row of `stock`, which all orders share: of a sku there is
 * `on_hand` less its deductions, reserved is `reserved` less its deductions. What is available does not
 * change by a deduction. Booking moves deductions into `stock` some time later.
 */
export class InventoryTwoPhase0000000000002 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('alter table reservation add column expires_at timestamptz');
    await db.query(`
      create index reservation_expiring on reservation (expires_at)
      where status = 'held' and expires_at is not null`);
    // No reference to stock: it would lock the sku's row as long as the branch is prepared.
    await db.query(`
      create table deduction (
        reservation_id uuid primary key references reservation (id),
        sku text not null,
        quantity integer not null check (quantity > 0)
      )`);
    await db.query('create index deduction_of_sku on deduction (sku)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
