import { DataSource, type EntityManager } from 'typeorm';
import {
  command,
  participantDatabase,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { Barrier } from './barrier.js';
import { partitionOf } from './partitions.js';

// The barrier begins and ends database transactions itself: TypeORM and handlers must not notice.

const LIMITS = { handlerTimeoutMs: 5_000, lockTimeoutMs: 1_000 };

let database: ParticipantDatabase;
let dataSource: DataSource;
beforeEach(async () => {
  database = await participantDatabase();
  ({ dataSource } = database);
});
afterEach(() => database.drop());

function insert(db: EntityManager, text: string): Promise<unknown> {
  return db.query('insert into note values ($1)', [text]);
}

/** All that a handler can do with database transactions of its own. */
async function nest(db: EntityManager): Promise<unknown> {
  expect(db.queryRunner?.isTransactionActive).toBe(true);
  await db.transaction((inner) => insert(inner, 'kept'));
  const failing = db.transaction(async (inner) => {
    await insert(inner, 'undone');
    throw new Error('inner');
  });
  await expect(failing).rejects.toThrow('inner');
  await db.queryRunner?.startTransaction();
  await insert(db, 'left open');
  return {};
}

it.each([
  ['in round trips as few as can be', {}],
  ['by a client that pipelines by itself', { extra: { pipeline: true } }],
  ['with a level of isolation', { isolationLevel: 'READ COMMITTED' as const }],
  ['with a time-out for queries', { extra: { query_timeout: 4_000 } }],
])(
  'what handlers nest are savepoints, and what they leave open is kept: %s',
  async (_, options) => {
    const own = await new DataSource({
      type: 'postgres',
      url: database.url,
      ...options,
    }).initialize();
    const barrier = new Barrier(own, LIMITS);
    const action = command();
    const reply = { outcome: 'succeeded', reply: {} };
    expect(await barrier.carryOut(action, nest)).toEqual(reply);
    expect(await barrier.carryOut(action, nest)).toEqual(reply);
    expect(await database.notes()).toEqual(['kept', 'left open']);
    await own.destroy();
  },
);

it('subscribers hear of its beginning and its end', async () => {
  const heard: string[] = [];
  const hear = (event: string) => () => {
    heard.push(event);
  };
  dataSource.subscribers.push({
    beforeTransactionStart: hear('before start'),
    afterTransactionStart: hear('after start'),
    beforeTransactionCommit: hear('before commit'),
    afterTransactionCommit: hear('after commit'),
    afterTransactionRollback: hear('after rollback'),
  });
  const barrier = new Barrier(dataSource, LIMITS);
  const action = command();
  // A day without a partition is found out once.
  await barrier.carryOut(action, () => Promise.resolve({}));
  heard.length = 0;
  await barrier.carryOut(command(), () => Promise.resolve({}));
  const started = ['before start', 'after start'];
  expect(heard.splice(0)).toEqual([...started, 'before commit', 'after commit']);
  await barrier.carryOut(action, () => Promise.resolve({}));
  expect(heard).toEqual([...started, 'after rollback']);
});

it.each([
  ['commit', ['commit']],
  ['rollback', ['rollback']],
  ['another one after a commit', ['commit', 'begin']],
  ['another one after a rollback', ['rollback', 'begin']],
])('a handler that ends it does not pass for a success: %s', async (_, statements) => {
  const barrier = new Barrier(dataSource, LIMITS);
  const done = barrier.carryOut(command(), async (db) => {
    for (const statement of statements) await db.query(statement);
    return {};
  });
  await expect(done).rejects.toThrow('did the handler end the database transaction?');
  expect(await database.inbox()).toEqual([]);
});

it('a handler that ends it by its query runner does not pass for a success', async () => {
  const barrier = new Barrier(dataSource, LIMITS);
  const done = barrier.carryOut(command(), async (db) => {
    await db.queryRunner?.rollbackTransaction();
    return {};
  });
  await expect(done).rejects.toThrow('did the handler end the database transaction?');
});

it('what a constraint refuses at the commit leaves nothing', async () => {
  await dataSource.query('create table pair (id int unique deferrable initially deferred)');
  const barrier = new Barrier(dataSource, LIMITS);
  const action = command();
  const done = barrier.carryOut(action, async (db) => {
    await db.query('insert into pair values (1), (1)');
    return {};
  });
  await expect(done).rejects.toThrow('pair_id_key');
  expect(await database.inbox()).toEqual([]);
  expect(await barrier.carryOut(action, () => Promise.resolve({}))).toMatchObject({
    outcome: 'succeeded',
  });
});

it('its statements are prepared once on each connection, and closed when they are too many', async () => {
  const own = await new DataSource({
    type: 'postgres',
    url: database.url,
    poolSize: 1,
  }).initialize();
  const barrier = new Barrier(own, LIMITS);
  const prepared = async () => {
    const query = `select count(*)::int as n from pg_prepared_statements where name like 'skald%'`;
    const [row] = await own.query<{ n: number }[]>(query);
    return row?.n;
  };
  for (let n = 0; n < 3; n++) await barrier.carryOut(command(), () => Promise.resolve({}));
  expect(await prepared()).toBe(5);

  const days = Array.from({ length: 60 }, (_, day) => Date.UTC(2026, 11, day));
  for (const at of days) {
    const from = new Date(at).toISOString();
    const to = new Date(at + 86_400_000).toISOString();
    await own.query(`create table ${partitionOf(at)} partition of skald_inbox
      for values from ('${from}') to ('${to}')`);
  }
  const later = new Barrier(own, LIMITS);
  for (const startedAt of days) {
    await later.carryOut(command({ startedAt }), () => Promise.resolve({}));
  }
  expect(await prepared()).toBeLessThan(60);
  await own.destroy();
});
