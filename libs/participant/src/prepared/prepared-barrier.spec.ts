import {
  branch,
  participantDatabase,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import type { CommandEvent } from '@skald/core';
import { Barrier, ReadOnly, type Work } from '../barrier/barrier.js';
import { NotNow, StepRejected } from '../errors.js';
import type { PreparedBarrier } from './prepared-barrier.js';
import { barrierOn, gids, insert, never, write } from './prepared-barrier.fixture.js';

let database: ParticipantDatabase;
let barrier: PreparedBarrier;
beforeEach(async () => {
  database = await participantDatabase();
  barrier = barrierOn(database);
});
afterEach(() => database.drop());

const YES = { outcome: 'succeeded', reply: {}, vote: 'commit' };
const DONE = { outcome: 'succeeded', reply: {} };
const HAZARD = { outcome: 'hazard' };
const LATE = { outcome: 'rejected', reason: 'late-action' };
const acknowledged = (wrote: string) => ({ outcome: 'succeeded', reply: { wrote } });

describe('a compensation', () => {
  const plain = () =>
    new Barrier(database.dataSource, { handlerTimeoutMs: 5_000, lockTimeoutMs: 200 });

  it('of a branch that committed gets what it was asked and answered, once (B2)', async () => {
    const { prepare, commit } = branch();
    await barrier.prepare(prepare, write('a'));
    await barrier.commit(commit);
    const undo: CommandEvent = { ...commit, direction: 'compensation' };
    const seen: unknown[] = [];
    const work: Work = (_db, action) => Promise.resolve(void seen.push(action));
    await plain().carryOut(undo, work);
    await plain().carryOut(undo, never);
    expect(seen).toEqual([{ request: prepare.data, reply: { wrote: 'a' } }]);
  });

  it('of a branch that was never prepared runs no user code, and bars it (B3, B4)', async () => {
    const { prepare, commit } = branch();
    expect(await plain().carryOut({ ...commit, direction: 'compensation' }, never)).toEqual(DONE);
    expect(await barrier.prepare(prepare, never)).toMatchObject(LATE);
  });
});

describe('a prepare', () => {
  it('votes commit once all it wrote is prepared, and nothing of it is seen (B10)', async () => {
    const { prepare } = branch();
    expect(await barrier.prepare(prepare, write('a'))).toEqual(YES);
    expect(await database.prepared()).toEqual([gids.of(prepare)]);
    expect([await database.notes(), await database.inbox()]).toEqual([[], []]);
  });

  it('repeated votes commit again without user code: prepared, committed (B10)', async () => {
    const { prepare, commit } = branch();
    await barrier.prepare(prepare, write('a'));
    expect(await barrier.prepare({ ...prepare, attempt: 2 }, never)).toEqual(YES);
    await barrier.commit(commit);
    expect(await barrier.prepare({ ...prepare, attempt: 3 }, never)).toEqual(YES);
    expect(await database.notes()).toEqual(['a']);
  });

  it('that rejects votes abort, which is stored; nothing is prepared', async () => {
    const { prepare, abort, commit } = branch();
    const no = { outcome: 'rejected', reason: 'no-funds', detail: 'sorry' };
    const work = async () => Promise.reject(new StepRejected('no-funds', 'sorry'));
    expect(await barrier.prepare(prepare, work)).toEqual(no);
    expect(await barrier.prepare(prepare, never)).toEqual(no);
    expect(await database.prepared()).toEqual([]);
    expect(await barrier.commit(commit)).toEqual(HAZARD);
    expect(await barrier.abort(abort)).toEqual(DONE);
    expect(await barrier.prepare(prepare, never)).toEqual(no);
  });

  it('that fails stores nothing, and may be asked again', async () => {
    const { prepare } = branch();
    await expect(barrier.prepare(prepare, never)).rejects.toThrow('user code ran');
    expect([await database.prepared(), await database.inbox()]).toEqual([[], []]);
    expect(await barrier.prepare(prepare, write('a'))).toEqual(YES);
  });

  it('that breaks a deferred constraint is told so before anything is prepared', async () => {
    await database.dataSource.query(`create table parent (id int primary key);
      create table child (parent int references parent deferrable initially deferred)`);
    const { prepare } = branch();
    const work = (db: { query: (sql: string) => Promise<unknown> }) =>
      db.query('insert into child values (1)');
    await expect(barrier.prepare(prepare, work)).rejects.toThrow('violates foreign key');
    expect(await database.prepared()).toEqual([]);
  });

  it('that did what PostgreSQL cannot prepare says so', async () => {
    const { prepare } = branch();
    const work = (db: { query: (sql: string) => Promise<unknown> }) => db.query('listen x');
    await expect(barrier.prepare(prepare, work)).rejects.toMatchObject({
      reason: 'not-preparable',
    });
    expect(await database.inbox()).toEqual([]);
  });

  it.each(['commit', 'rollback'])('whose handler says %s itself is no vote (B10)', async (end) => {
    const { prepare } = branch();
    const work = async (db: { query: (sql: string) => Promise<unknown> }) => {
      await db.query(end);
      return {};
    };
    await expect(barrier.prepare(prepare, work)).rejects.toThrow('end the database transaction');
    expect(await database.prepared()).toEqual([]);
  });

  it('keeps what it wrote in nested database transactions', async () => {
    const { prepare, commit } = branch();
    const work = async (db: Parameters<typeof insert>[0]) => {
      await db.transaction((inner) => insert(inner, 'nested'));
      await db.queryRunner?.startTransaction();
      await insert(db, 'left open');
      return {};
    };
    expect(await barrier.prepare(prepare, work)).toEqual(YES);
    await barrier.commit(commit);
    expect(await database.notes()).toEqual(['left open', 'nested']);
  });
});

describe('a read-only vote', () => {
  it('is committed at once, comes with its reply, and hears no more', async () => {
    const { prepare, commit, abort } = branch();
    const vote = { outcome: 'succeeded', reply: { saw: 1 }, vote: 'read-only' };
    const see = () => Promise.resolve(new ReadOnly({ saw: 1 }));
    expect(await barrier.prepare(prepare, see)).toEqual(vote);
    expect(await database.prepared()).toEqual([]);
    expect(await barrier.prepare(prepare, never)).toEqual(vote);
    expect(await barrier.abort(abort)).toEqual(DONE);
    expect(await barrier.commit(commit)).toEqual({ outcome: 'succeeded', reply: { saw: 1 } });
  });

  it('of a handler that wrote all the same is a vote commit', async () => {
    const { prepare, abort } = branch();
    const work = async (db: Parameters<typeof insert>[0]) => {
      await insert(db, 'a');
      return new ReadOnly({});
    };
    expect(await barrier.prepare(prepare, work)).toEqual(YES);
    expect(await barrier.abort(abort)).toEqual(DONE);
    expect(await database.notes()).toEqual([]);
  });
});

describe('a commit', () => {
  it('makes it visible and answers the stored reply, however often it comes (B13)', async () => {
    const { prepare, commit } = branch();
    await barrier.prepare(prepare, write('a'));
    expect(await barrier.commit(commit)).toEqual(acknowledged('a'));
    expect(await barrier.commit({ ...commit, attempt: 2 })).toEqual(acknowledged('a'));
    expect([await database.notes(), await database.prepared()]).toEqual([['a'], []]);
  });

  it('of what was never prepared is a hazard, and shuts the prepare out (B13)', async () => {
    const { prepare, commit } = branch();
    expect(await barrier.commit(commit)).toEqual(HAZARD);
    expect(await barrier.prepare(prepare, never)).toMatchObject(LATE);
    expect(await barrier.commit(commit)).toEqual(HAZARD);
  });

  it('after an abort is a hazard', async () => {
    const { prepare, commit, abort } = branch();
    await barrier.prepare(prepare, write('a'));
    await barrier.abort(abort);
    expect(await barrier.commit(commit)).toEqual(HAZARD);
    expect(await database.notes()).toEqual([]);
  });
});

describe('an abort', () => {
  it('while it is prepared rolls it back, and shuts a late prepare out (B12)', async () => {
    const { prepare, abort } = branch();
    await barrier.prepare(prepare, write('a'));
    expect(await barrier.abort(abort)).toEqual(DONE);
    expect(await barrier.abort(abort)).toEqual(DONE);
    expect(await barrier.prepare(prepare, never)).toMatchObject(LATE);
    expect([await database.notes(), await database.prepared()]).toEqual([[], []]);
    expect(await database.inbox()).toMatchObject([{ direction: 'prepare', outcome: 'barred' }]);
  });

  it('before the prepare shuts it out (B12)', async () => {
    const { prepare, abort } = branch();
    expect(await barrier.abort(abort)).toEqual(DONE);
    expect(await barrier.prepare(prepare, never)).toMatchObject(LATE);
  });

  it('of what is committed says that it is', async () => {
    const { prepare, commit, abort } = branch();
    await barrier.prepare(prepare, write('a'));
    await barrier.commit(commit);
    expect(await barrier.abort(abort)).toEqual({ outcome: 'heuristic-commit' });
    expect(await database.notes()).toEqual(['a']);
  });

  it('of one round leaves the next alone', async () => {
    const first = branch();
    const second = branch({ transaction: first.prepare.transaction, step: 'notes.2' });
    await barrier.prepare(first.prepare, write('a'));
    await barrier.abort(first.abort);
    expect(await barrier.prepare(second.prepare, write('a'))).toEqual(YES);
    expect(await barrier.abort(first.abort)).toEqual(DONE);
    expect(await barrier.commit(second.commit)).toEqual(acknowledged('a'));
  });
});

it('a full server is no vote, and does not keep a prepared branch from voting (B15)', async () => {
  const [first, second] = [branch(), branch()];
  const small = barrierOn(database, { maxPrepared: 1 });
  expect(await small.prepare(first.prepare, write('a'))).toEqual(YES);
  const full = small.prepare(second.prepare, never);
  await expect(full).rejects.toBeInstanceOf(NotNow);
  await expect(full).rejects.toMatchObject({ reason: 'prepared-limit' });
  expect(await small.prepare(first.prepare, never)).toEqual(YES);
  await small.commit(first.commit);
  expect(await small.prepare(second.prepare, write('b'))).toEqual(YES);
});
