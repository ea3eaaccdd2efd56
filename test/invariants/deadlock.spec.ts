import { randomUUID } from 'node:crypto';
import { Controller, type Type } from '@nestjs/common';
import { isTwoPhase, participant, twoPhase, type TransactionId } from '@skald/core';
import { Engine, SILENT } from '@skald/engine';
import { Prepares, type PrepareContext } from '@skald/participant';
import { migrateCoordinator, PostgresStore } from '@skald/storage-postgres';
import { HttpTransport } from '@skald/transport-http';
import { z } from 'zod';
import { waitFor } from '../../tools/wait.mjs';
import { testDatabase } from '../setup/database.js';
import { startOf } from '../setup/engine.js';
import { participantApp } from '../setup/participant-app.js';
import { participantDatabase, signal } from '../setup/participant.js';

const Book = z.strictObject({ isSecond: z.boolean() });
const book = { request: Book, reply: z.strictObject({}) };
const left = participant('left', { book });
const right = participant('right', { book });

/** Books left and right; the second of them only when both transactions have booked their first. */
const cross = twoPhase('cross', {
  version: 1,
  input: z.strictObject({ first: z.enum(['left', 'right']) }),
  deadlineMs: 20_000,
})
  .branch('left', left.book, ({ input }) => ({ isSecond: input.first !== 'left' }))
  .branch('right', right.book, ({ input }) => ({ isSecond: input.first !== 'right' }))
  .build();

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
});

const bothBooked = signal();
let booked = 0;

/** One row that every booking locks: what a participant had better not have. */
function bookkeeper({ book }: typeof left): Type {
  @Controller()
  class Bookkeeper {
    @Prepares(book)
    async book({ isSecond }: z.output<typeof Book>, { db }: PrepareContext) {
      if (isSecond) await bothBooked.promise;
      await db.query(`update note set text = (text::integer + 1)::text`);
      booked += 1;
      if (booked === 2) bothBooked.give();
      return {};
    }
  }
  return Bookkeeper;
}

async function startBooks(contract: typeof left) {
  const database = await participantDatabase();
  await database.dataSource.query(`insert into note values ('0')`);
  const { app, url } = await participantApp({
    participant: contract,
    controllers: [bookkeeper(contract)],
    dataSource: database.dataSource,
    coordinator: { url: 'http://127.0.0.1:9' },
    lockTimeoutMs: 200,
  });
  stops.push(async () => {
    await app.close();
    await database.drop();
  });
  return {
    url,
    count: async () => Number((await database.notes())[0]),
    prepared: () =>
      database.dataSource.query<unknown[]>(
        'select gid from pg_prepared_xacts where database = current_database()',
      ),
  };
}

test('two transactions that lock each other out across databases end, each as a whole', async () => {
  const database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
  const store = new PostgresStore({ url: database.url });
  stops.push(database.drop, () => store.close());
  const [atLeft, atRight] = [await startBooks(left), await startBooks(right)];
  const engine = new Engine({
    name: 'deadlock spec',
    definitions: [cross],
    store,
    transports: {
      http: new HttpTransport({
        participants: {
          left: { origin: atLeft.url, mode: 'single' },
          right: { origin: atRight.url, mode: 'single' },
        },
        allowedOrigins: [],
        log: SILENT,
        now: Date.now,
      }),
    },
    participants: { left: 'http', right: 'http' },
    limits: { tickMs: 10, pollMs: 50 },
    recordAudit: () => Promise.resolve(),
    addDeadLetter: () => Promise.resolve(),
  });
  stops.push(() => engine.stop());
  await engine.start();

  const one = randomUUID() as string as TransactionId;
  const other = randomUUID() as string as TransactionId;
  await Promise.all([
    engine.begin(startOf('cross', { first: 'left' }, { id: one })),
    engine.begin(startOf('cross', { first: 'right' }, { id: other })),
  ]);
  const ended = await waitFor(
    async () => {
      const all = await Promise.all(
        [one, other].map(async (id) => (await engine.find(id)).transaction),
      );
      return all.every(({ endedAt }) => endedAt !== null) && all;
    },
    { timeoutMs: 25_000, what: 'both to end' },
  );
  const statuses = ended.map(({ status }) => status);
  const rounds = ended.map((one) => (isTwoPhase(one) ? one.state.group.round : 0));
  expect(statuses.filter((status) => status !== 'committed' && status !== 'aborted')).toEqual([]);
  // They did stand in each other's way: at least one was aborted, for good or to be tried again.
  expect(statuses.includes('aborted') || Math.max(...rounds) > 1).toBe(true);
  const committed = statuses.filter((status) => status === 'committed').length;
  expect([await atLeft.count(), await atRight.count()]).toEqual([committed, committed]);
  expect([await atLeft.prepared(), await atRight.prepared()]).toEqual([[], []]);
}, 60_000);
