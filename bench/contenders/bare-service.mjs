// The handler of booking-service.mjs without Skald: a Nest controller over Fastify, its database
// transaction by TypeORM. A request with many bookings is one database transaction.
import 'reflect-metadata';
import { Body, Controller, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';

const [, databaseUrl = '', poolSize = '24'] = process.argv.slice(2);

const TABLE = `create table if not exists booking (
  "order" bigint primary key, amount int not null, is_held boolean not null)`;
const BOOK = `insert into booking
  select o, a, false from unnest($1::bigint[], $2::int[]) as t(o, a)`;

const dataSource = new DataSource({
  type: 'postgres',
  url: databaseUrl,
  poolSize: Number(poolSize),
});
await dataSource.initialize();
await dataSource.query(TABLE);

class Bookings {
  /** @param {{ order: number, amount: number }[]} bookings */
  async book(bookings) {
    await dataSource.transaction((db) =>
      db.query(BOOK, [bookings.map(({ order }) => order), bookings.map(({ amount }) => amount)]),
    );
    return bookings.map(() => ({ ok: true }));
  }
}

Body()(Bookings.prototype, 'book', 0);
const descriptor = Object.getOwnPropertyDescriptor(Bookings.prototype, 'book') ?? {};
Post('bookings')(Bookings.prototype, 'book', descriptor);
Controller()(Bookings);

const adapter = new FastifyAdapter({ bodyLimit: 1 << 20 });
const app = await NestFactory.create({ module: Bookings, controllers: [Bookings] }, adapter, {
  logger: false,
});
await app.listen(0, '127.0.0.1');
const { port } = /** @type {import('node:net').AddressInfo} */ (app.getHttpServer().address());
process.send?.({ port });
process.on('message', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
