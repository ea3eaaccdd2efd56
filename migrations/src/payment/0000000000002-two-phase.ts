import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Authorizations that end by themselves, the merchant's ledger, and a price list to authorize by.
 *
 * The ledger is append-only: its total is the sum of its entries, so that no settlement has to wait for
 * a row that another one holds.
 */
export class PaymentTwoPhase0000000000002 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('alter table payment add column expires_at timestamptz');
    await db.query('alter table payment drop constraint payment_status_check');
    await db.query(`
      alter table payment add constraint payment_status_check
      check (status in ('authorized', 'captured', 'refunded', 'settled'))`);
    await db.query(
      `create index payment_expiring on payment (expires_at) where status = 'authorized'`,
    );
    await db.query(`
      create table ledger_entry (
        id uuid primary key default gen_random_uuid(),
        order_id uuid not null,
        payment_id uuid not null unique references payment (id),
        amount_cents bigint not null check (amount_cents > 0),
        booked_at timestamptz not null default clock_timestamp()
      )`);
    await db.query('create index ledger_entry_newest on ledger_entry (booked_at desc, id)');
    await db.query('create index ledger_entry_of_order on ledger_entry (order_id)');
    await db.query(`
      create function refuse_change() returns trigger language plpgsql as
      $$ begin raise exception '% is append-only', tg_table_name; end $$`);
    await db.query(`
      create trigger ledger_entry_append_only before update or delete or truncate on ledger_entry
      execute function refuse_change()`);
    await db.query(`
      create table price (
        sku text primary key,
        price_cents integer not null check (price_cents between 1 and 100000)
      )`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
