import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Money is conserved: what left an account is in one of its captured or settled payments. */
export class PaymentInit0000000000001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table account (
        id text primary key,
        balance_cents bigint not null check (balance_cents >= 0),
        opened_with_cents bigint not null check (opened_with_cents >= 0)
      )`);
    await db.query(`
      create table payment (
        id uuid primary key default gen_random_uuid(),
        order_id uuid not null,
        customer_id text not null references account (id),
        amount_cents bigint not null check (amount_cents > 0),
        status text not null default 'captured'
          check (status in ('captured', 'refunded', 'settled')),
        created_at timestamptz not null default clock_timestamp()
      )`);
    // An order is paid at most once at a time, whatever asks.
    await db.query(
      `create unique index payment_open on payment (order_id) where status <> 'refunded'`,
    );
    await db.query('create index payment_newest on payment (created_at desc, id)');
    await db.query('create index payment_of_order on payment (order_id)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
