// One of the three services, with the participant SDK as it is shipped: a row of its own for each booking.
// Arguments: its name and its database.
import 'reflect-metadata';
import { Controller } from '@nestjs/common';
import { Cancels, Confirms, Handles, HandlesBatch, Prepares } from '@skald/participant';
import { StepRejected, Tries, runService, startService } from '@skald/participant';
import { contractOf } from './booking.mjs';

const [name = '', databaseUrl = '', poolSize = '24'] = process.argv.slice(2);
const contract = contractOf(name);

const TABLE = `create table if not exists booking (
  "order" bigint primary key, amount int not null, is_held boolean not null)`;
const BOOK = 'insert into booking values ($1, $2, $3)';
const BOOK_MANY = `insert into booking
  select o, a, false from unnest($1::bigint[], $2::int[]) as t(o, a)`;
const UNBOOK = 'delete from booking where "order" = $1';
const KEEP = 'update booking set is_held = false where "order" = $1';

/**
 * @typedef {{ order: number, amount: number, fail: boolean }} Booking
 * @typedef {{ db: { query: (text: string, values: unknown[]) => Promise<unknown> } }} Context
 */

class Bookings {
  /** @param {Booking} booking @param {Context} context */
  async book({ order, amount, fail }, { db }) {
    await db.query(BOOK, [order, amount, false]);
    if (fail) throw new StepRejected('told-to');
    return {};
  }

  /** @param {{ request: Booking }[]} entries @param {Context} context */
  async bookMany(entries, { db }) {
    const orders = entries.map(({ request }) => request.order);
    const amounts = entries.map(({ request }) => request.amount);
    await db.query(BOOK_MANY, [orders, amounts]);
    return entries.map(() => ({}));
  }

  /** @param {Booking} booking @param {Context} context */
  async unbook({ order }, { db }) {
    await db.query(UNBOOK, [order]);
    return {};
  }

  /** @param {Booking} booking @param {Context} context */
  prepare(booking, context) {
    return this.book(booking, context);
  }

  /** @param {Booking} booking @param {Context} context */
  async hold({ order, amount, fail }, { db }) {
    await db.query(BOOK, [order, amount, true]);
    if (fail) throw new StepRejected('told-to');
    return {};
  }

  /** @param {Booking} booking @param {Context} context */
  async keep({ order }, { db }) {
    await db.query(KEEP, [order]);
  }

  /** @param {Booking} booking @param {Context} context */
  async letGo({ order }, { db }) {
    await db.query(UNBOOK, [order]);
  }
}

/** @type {Record<string, any>} */
const decorators = {
  book: Handles(contract.book),
  bookMany: HandlesBatch(contract['book-many']),
  unbook: Handles(contract.unbook),
  prepare: Prepares(contract.prepare),
  hold: Tries(contract.hold),
  keep: Confirms(contract.hold),
  letGo: Cancels(contract.hold),
};
for (const [method, decorate] of Object.entries(decorators)) {
  const descriptor = Object.getOwnPropertyDescriptor(Bookings.prototype, method) ?? {};
  decorate(Bookings.prototype, method, descriptor);
  Object.defineProperty(Bookings.prototype, method, descriptor);
}
Controller()(Bookings);

const config = {
  DATABASE_URL: databaseUrl,
  DATABASE_POOL_SIZE: Number(poolSize),
  HOST: '127.0.0.1',
  PORT: 0,
  // Asked only about what has been prepared for over five seconds: here nothing ever is.
  COORDINATOR_URL: 'http://127.0.0.1:9',
};
const seed = async (/** @type {any} */ db) => {
  await db.query(TABLE);
};
const database = { name, entities: [], migrations: [], seed };
const parts = { participant: contract, database, controllers: [Bookings] };
await runService(name, () => startService(parts, /** @type {any} */ (config)));
