import { Controller, type INestApplication } from '@nestjs/common';
import { participant, twoPhase, type TransactionId } from '@skald/core';
import { Engine, InDoubtWatch, SILENT } from '@skald/engine';
import { Prepares, type PrepareContext } from '@skald/participant';
import { createServer } from '@skald/server';
import { migrateCoordinator, PostgresStore, PostgresViews } from '@skald/storage-postgres';
import { HttpPrepared, HttpTransport } from '@skald/transport-http';
import { z } from 'zod';
import { waitFor } from '../../tools/wait.mjs';
import { bodyOf, itemsOf, until, type Body } from '../setup/api.js';
import { testDatabase } from '../setup/database.js';
import { startOf } from '../setup/engine.js';
import { gateTo, type Gate } from '../setup/gate.js';
import { participantApp } from '../setup/participant-app.js';
import { participantDatabase, type ParticipantDatabase } from '../setup/participant.js';

const SECRET = 'shared-by-both-of-them';
const Text = z.strictObject({ text: z.string() });
const operation = { request: Text, reply: z.object({}) };
const ledger = participant('ledger', { settle: operation });
const stock = participant('stock', { deduct: operation });

const settle = twoPhase('settle', { version: 1, input: Text })
  .branch('ledger', ledger.settle, ({ input }) => input)
  .branch('stock', stock.deduct, ({ input }) => input)
  .build();

const write = async ({ text }: { text: string }, { db }: PrepareContext) => {
  await db.query('insert into note values ($1)', [text]);
  return {};
};

@Controller()
class Ledger {
  @Prepares(ledger.settle)
  settle(request: { text: string }, context: PrepareContext) {
    return write(request, context);
  }
}

@Controller()
class Stock {
  @Prepares(stock.deduct)
  deduct(request: { text: string }, context: PrepareContext) {
    return write(request, context);
  }
}

interface Side {
  readonly database: ParticipantDatabase;
  readonly app: INestApplication;
  readonly gate: Gate;
}

/** It cannot ask for decisions by itself: what is prepared stays, unless it is told. */
async function startSide(
  contract: typeof ledger | typeof stock,
  controller: typeof Ledger | typeof Stock,
): Promise<Side> {
  const database = await participantDatabase();
  const { app, url } = await participantApp({
    participant: contract,
    controllers: [controller],
    dataSource: database.dataSource,
    coordinator: { url: 'http://127.0.0.1:9' },
    secret: SECRET,
  });
  return { database, app, gate: await gateTo(url) };
}

async function startAll() {
  const sides = { ledger: await startSide(ledger, Ledger), stock: await startSide(stock, Stock) };
  const { url, drop } = await testDatabase({
    migrate: migrateCoordinator,
    template: 'coordinator',
  });
  const store = new PostgresStore({ url });
  const views = new PostgresViews({ url, definitions: [settle] });
  const participants = {
    ledger: { origin: sides.ledger.gate.origin, mode: 'single' },
    stock: { origin: sides.stock.gate.origin, mode: 'single' },
  } as const;
  const engine = new Engine({
    name: 'in doubt',
    definitions: [settle],
    store,
    transports: { http: new HttpTransport({ participants, log: SILENT, now: Date.now }) },
    participants: { ledger: 'http', stock: 'http' },
    recordAudit: (entry) => views.recordAudit(entry),
    addDeadLetter: (letter) => views.addDeadLetter(letter),
  });
  const source = new HttpPrepared({ participants, secret: SECRET, timeoutMs: 1_000 });
  const watch = new InDoubtWatch({
    sources: [source],
    store: views.prepared,
    log: SILENT,
    everyMs: 100,
  });
  const server = await createServer({ coordinator: engine, views, inDoubt: watch });
  await engine.start();
  watch.start();
  await server.listen(0, '127.0.0.1');
  const stop = async () => {
    await watch.stop();
    await engine.stop();
    await server.close();
    await Promise.all([store.close(), views.close(), source.close()]);
    for (const { app, gate, database } of Object.values(sides)) {
      await app.close();
      await gate.close();
      await database.drop();
    }
    await drop();
  };
  return { ...sides, engine, views, url: await server.getUrl(), stop };
}

let skald: Awaited<ReturnType<typeof startAll>>;
beforeEach(async () => {
  skald = await startAll();
});
afterEach(() => skald.stop());

const get = async (path: string) => bodyOf(await fetch(`${skald.url}${path}`));
const post = (path: string, body: unknown) =>
  fetch(`${skald.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const statusOf = async (id: TransactionId) => (await skald.engine.find(id)).transaction.status;
const itemOf = (id: string, is: (item: Body) => boolean = () => true) =>
  until(
    async () => itemsOf(await get('/v1/in-doubt')).find((item) => item['transaction'] === id),
    (item) => item !== undefined && is(item),
  ) as Promise<Body>;

/** Decided to commit and done by stock; ledger voted, and does not hear the decision. */
async function votedAndDeaf(): Promise<{ id: TransactionId; item: Body }> {
  skald.ledger.gate.refuse(
    ({ path, body }) => path === '/skald/v1/commands' && body.includes('"commit"'),
  );
  const begun = await skald.engine.begin(startOf('settle', { text: 'a' }));
  const { id } = begun.snapshot.transaction;
  const item = await itemOf(id, ({ participant, decision }) => {
    return participant === 'ledger' && decision === 'commit';
  });
  await until(
    () => skald.stock.database.notes(),
    (notes) => notes.length === 1,
  );
  return { id, item };
}

test('one that voted and does not acknowledge is seen with its locks, age and decision', async () => {
  const { id, item } = await votedAndDeaf();
  expect(item).toMatchObject({
    ...{ participant: 'ledger', transaction: id, step: 'ledger.1', definition: 'settle' },
    ...{ status: 'committing', decision: 'commit', follows: 'commit', reachable: true },
    locks: [{ relation: 'note', mode: 'RowExclusiveLock', count: 1 }],
  });
  expect(item['gid']).toContain(id);
  expect(item['ageMs']).toBeGreaterThanOrEqual(0);
  const { participants } = await get('/v1/in-doubt');
  expect(participants).toMatchObject([
    { name: 'ledger', maxPrepared: 1_500, isFilling: false, reachable: true, trouble: null },
    { name: 'stock', reachable: true },
  ]);

  const needsAttention = await waitFor(
    async () => {
      const inDoubt = (await get('/v1/attention'))['inDoubt'] as Body[];
      return inDoubt.length > 0 && inDoubt;
    },
    { timeoutMs: 20_000, what: 'it to need attention' },
  );
  expect(needsAttention).toMatchObject([
    { participant: 'ledger', transaction: id, locks: item['locks'], reachable: true },
  ]);

  await skald.ledger.gate.close();
  const unreachable = await itemOf(id, ({ reachable }) => reachable === false);
  expect(unreachable).toMatchObject({ locks: item['locks'], decision: 'commit' });
  const after = (await get('/v1/in-doubt'))['participants'] as Body[];
  expect(after[0]).toMatchObject({ name: 'ledger', reachable: false, trouble: 'unreachable' });
  expect(Date.parse(after[0]?.['unreachableSince'] as string)).toBeGreaterThan(0);
  const order = { participant: 'ledger', gid: item['gid'], outcome: 'commit', reason: 'x' };
  expect(await bodyOf(await post('/v1/in-doubt/resolve', order))).toMatchObject({
    status: 503,
    code: 'PARTICIPANT_UNREACHABLE',
  });

  skald.ledger.gate.refuse(() => false);
  await skald.ledger.gate.reopen();
  await until(
    () => statusOf(id),
    (status) => status === 'committed',
  );
  await until(
    () => get('/v1/in-doubt'),
    (view) => itemsOf(view).length === 0,
  );
});

test('what a human does in agreement with the decision is done, and audited', async () => {
  const { id, item } = await votedAndDeaf();
  const order = { participant: 'ledger', gid: item['gid'], outcome: 'commit' };
  const preview = await bodyOf(await post('/v1/in-doubt/resolve?preview=true', order));
  expect(preview).toMatchObject({ decision: 'commit', contradicts: false, irreversible: true });
  expect((await post('/v1/in-doubt/resolve', order)).status).toBe(400);
  expect(await skald.ledger.database.notes()).toEqual([]);

  const resolved = await post('/v1/in-doubt/resolve', { ...order, reason: 'locks block payday' });
  expect(await bodyOf(resolved)).toMatchObject({ result: 'heuristic-commit', contradicts: false });
  expect(await skald.ledger.database.notes()).toEqual(['a']);
  expect(itemsOf(await get(`/v1/audit?object=${id}`))).toMatchObject([
    {
      ...{ action: 'in-doubt-resolve', reason: 'locks block payday' },
      ...{ result: 'done: heuristic-commit', actor: 'local' },
      data: { participant: 'ledger', outcome: 'commit', decision: 'commit' },
    },
  ]);
  skald.ledger.gate.refuse(() => false);
  await until(
    () => statusOf(id),
    (status) => status === 'committed',
  );
});

test('what contradicts the decision parks the transaction as mixed, never as a success', async () => {
  const { id, item } = await votedAndDeaf();
  const order = { participant: 'ledger', gid: item['gid'], outcome: 'abort', reason: 'by mistake' };
  const preview = await bodyOf(await post('/v1/in-doubt/resolve?preview=true', order));
  expect(preview).toMatchObject({ contradicts: true });
  expect(preview['consequence']).toContain('heuristic-mixed');
  const resolved = await bodyOf(await post('/v1/in-doubt/resolve', order));
  expect(resolved).toMatchObject({ result: 'heuristic-abort', contradicts: true });
  skald.ledger.gate.refuse(() => false);
  await until(
    () => statusOf(id),
    (status) => status === 'parked',
  );
  const { parked } = (await skald.engine.find(id)).transaction.state;
  expect(parked?.reason).toBe('heuristic-mixed');
  expect([await skald.ledger.database.notes(), await skald.stock.database.notes()]).toEqual([
    [],
    ['a'],
  ]);
});

test('an orphan is shown as one, and finished by nobody but a human', async () => {
  const { dataSource } = skald.stock.database;
  const id = '0198c0de-0000-7000-8000-00000000dead';
  const gid = `skald:skald:${id}:stock.1:mhr3x1c0`;
  const runner = dataSource.createQueryRunner();
  await runner.query('begin');
  await runner.query(`insert into note values ('orphan')`);
  await runner.query(`prepare transaction '${gid}'`);
  await runner.release();
  const orphan = { decision: 'unknown', follows: 'nothing', definition: null, status: null };
  expect(await itemOf(id)).toMatchObject({ participant: 'stock', gid, ...orphan });
  const order = { participant: 'stock', gid, outcome: 'abort', reason: 'of a test that died' };
  expect(await bodyOf(await post('/v1/in-doubt/resolve', order))).toMatchObject({
    result: 'heuristic-abort',
  });
  await until(
    () => get('/v1/in-doubt'),
    (view) => itemsOf(view).length === 0,
  );
  const gone = await post('/v1/in-doubt/resolve', { ...order, gid: `${gid}1` });
  expect(gone.status).toBe(404);
});
