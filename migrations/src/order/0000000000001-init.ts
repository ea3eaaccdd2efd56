import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The catalogue, and orders with their lines. Prices are copied into an order: it keeps what it cost. */
export class OrderInit0000000000001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      create table product (
        sku text primary key,
        price_cents integer not null check (price_cents between 1 and 100000)
      )`);
    await db.query(`
      create table customer_order (
        id uuid primary key,
        customer_id text not null,
        status text not null default 'pending'
          check (status in ('pending', 'confirmed', 'rejected', 'completed')),
        total_cents bigint not null check (total_cents > 0),
        created_at timestamptz not null default clock_timestamp()
      )`);
    await db.query('create index customer_order_newest on customer_order (created_at desc, id)');
    await db.query(`
      create table order_line (
        order_id uuid not null references customer_order (id),
        position integer not null,
        sku text not null references product (sku),
        quantity integer not null check (quantity > 0),
        price_cents integer not null,
        primary key (order_id, position)
      )`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
