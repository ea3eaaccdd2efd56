// The handlers of booking-service.mjs without the barrier: the same envelope, contract and database
// transaction, behind a Nest controller over Fastify. Commands that come together share one database
// transaction. With `plain` also without the envelope: bookings as JSON, and nothing is checked.
// Arguments: its name, its database and the size of the pool.
import 'reflect-metadata';
import { Body, Controller, Header, HttpCode, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { BATCH_CONTENT_TYPE, decodeCommand, encodeReply, eventsOf, validate } from '@skald/core';
import { DataSource } from 'typeorm';
import { contractOf } from './booking.mjs';

const [name = '', databaseUrl = '', poolSize = '24'] = process.argv.slice(2);
const contract = /** @type {Record<string, any>} */ (contractOf(name));

const TABLE = `create table if not exists booking (
  "order" bigint primary key, amount int not null, is_held boolean not null)`;
const BOOK = 'insert into booking values ($1, $2, $3)';
const BOOK_MANY = `insert into booking
  select o, a, false from unnest($1::bigint[], $2::int[]) as t(o, a)`;

/** @typedef {{ order: number, amount: number }} Booking */

const dataSource = new DataSource({
  type: 'postgres',
  url: databaseUrl,
  poolSize: Number(poolSize),
});
await dataSource.initialize();
await dataSource.query(TABLE);

/** @param {Booking[]} bookings */
async function book(bookings) {
  const [{ order, amount } = { order: 0, amount: 0 }] = bookings;
  await dataSource.transaction((db) =>
    bookings.length === 1
      ? db.query(BOOK, [order, amount, false])
      : db.query(BOOK_MANY, [bookings.map((one) => one.order), bookings.map((one) => one.amount)]),
  );
}

/**
 * @param {import('@skald/core').Operation} operation
 * @param {'request' | 'reply'} part
 * @param {unknown} value
 */
function fit(operation, part, value) {
  const checked = validate(operation[part], value);
  if (!checked.ok) throw new Error(`the ${part} does not fit the contract`);
  return checked.value;
}

class Bookings {
  /** @param {unknown} body */
  async commands(body) {
    const commands = eventsOf(body).map((event) => decodeCommand(event));
    const operations = commands.map(({ operation }) => contract[operation]);
    const requests = commands.map(({ data }, n) => fit(operations[n], 'request', data));
    await book(/** @type {Booking[]} */ (requests));
    const at = Date.now();
    const replies = commands.map((command, n) => {
      const reply = { outcome: /** @type {const} */ ('succeeded'), reply: {} };
      fit(operations[n], 'reply', reply.reply);
      return encodeReply(command, name, { reply, at });
    });
    return `[${replies.join(',')}]`;
  }

  /** @param {Booking[]} bookings */
  async plain(bookings) {
    await book(bookings);
    return bookings.map(() => ({ ok: true }));
  }
}

/**
 * @param {'commands' | 'plain'} method
 * @param {MethodDecorator[]} decorators
 */
function route(method, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(Bookings.prototype, method) ?? {};
  Body()(Bookings.prototype, method, 0);
  for (const decorate of decorators) decorate(Bookings.prototype, method, descriptor);
}

const type = Header('content-type', BATCH_CONTENT_TYPE);
route('commands', Post('skald/v1/commands'), HttpCode(200), type);
route('plain', Post('bookings'));
Controller()(Bookings);

const adapter = new FastifyAdapter({ bodyLimit: 1 << 20 });
const app = await NestFactory.create({ module: Bookings, controllers: [Bookings] }, adapter, {
  logger: false,
});
adapter
  .getInstance()
  .addContentTypeParser(BATCH_CONTENT_TYPE, { parseAs: 'string' }, (_request, body, done) =>
    done(null, JSON.parse(String(body))),
  );
await app.listen(0, '127.0.0.1');
const { port } = /** @type {import('node:net').AddressInfo} */ (app.getHttpServer().address());
process.send?.({ port });
process.on('message', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
