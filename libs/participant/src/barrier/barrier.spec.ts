import type { CommandEvent, Reply } from '@skald/core';
import type { EntityManager } from 'typeorm';
import {
  command,
  participantDatabase,
  signal,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { HandlerTimeout, RetryLater, StepRejected } from '../errors.js';
import { Barrier, type Work } from './barrier.js';
import { isUnreachable } from './contention.js';

const LIMITS = { handlerTimeoutMs: 5_000, lockTimeoutMs: 1_000 };

let database: ParticipantDatabase;
let barrier: Barrier;
beforeEach(async () => {
  database = await participantDatabase();
  barrier = new Barrier(database.dataSource, LIMITS);
});
afterEach(() => database.drop());

function write(text: string): Work {
  return async (db) => {
    await insert(db, text);
    return { wrote: text };
  };
}

async function insert(db: EntityManager, text: string): Promise<void> {
  await db.query('insert into note values ($1)', [text]);
}

const never: Work = () => Promise.reject(new Error('user code ran'));
const rejected = (reason: string): Reply => ({ outcome: 'rejected', reason });

function withDirection(action: CommandEvent, direction: CommandEvent['direction']) {
  return command({ transaction: action.transaction, direction, isRefusable: false });
}

describe('an action', () => {
  it('takes effect once and answers its stored reply ever after (B1, B2)', async () => {
    const action = command();
    const first = await barrier.carryOut(action, write('a'));
    const second = await barrier.carryOut({ ...action, attempt: 2 }, never);

    expect(first).toEqual({ outcome: 'succeeded', reply: { wrote: 'a' } });
    expect(second).toEqual(first);
    expect(await database.notes()).toEqual(['a']);
  });

  it('that writes and then rejects leaves the refusal and no write (B5)', async () => {
    const action = command();
    const work: Work = async (db) => {
      await insert(db, 'a');
      throw new StepRejected('too-late', 'sorry');
    };
    const refusal = { outcome: 'rejected', reason: 'too-late', detail: 'sorry' };
    expect(await barrier.carryOut(action, work)).toEqual(refusal);
    expect(await barrier.carryOut(action, never)).toEqual(refusal);
    expect(await database.notes()).toEqual([]);
  });

  it('that rejects because of a unique violation leaves the refusal and no write (B5)', async () => {
    await insert(database.dataSource.manager, 'taken');
    const action = command();
    const work: Work = async (db) => {
      await insert(db, 'mine');
      await insert(db, 'taken').catch(() => {
        throw new StepRejected('taken');
      });
    };
    expect(await barrier.carryOut(action, work)).toEqual(rejected('taken'));
    expect(await barrier.carryOut(action, never)).toEqual(rejected('taken'));
    expect(await database.notes()).toEqual(['taken']);
  });

  it('that swallows a database error and returns does not pass for a success (B6)', async () => {
    await insert(database.dataSource.manager, 'taken');
    const work: Work = async (db) => {
      await insert(db, 'taken').catch(() => undefined);
      return {};
    };
    await expect(barrier.carryOut(command(), work)).rejects.toThrow('aborted');
    expect(await database.inbox()).toEqual([]);
  });

  it('whose no is not final stores nothing and runs again when asked again', async () => {
    const action = command({ isRefusable: false });
    const work: Work = async (db) => {
      await insert(db, 'a');
      throw new StepRejected('not-now');
    };
    expect(await barrier.carryOut(action, work)).toEqual(rejected('not-now'));
    expect(await database.inbox()).toEqual([]);
    expect(await barrier.carryOut(action, write('a'))).toMatchObject({ outcome: 'succeeded' });
  });

  it.each([
    ['an error', new Error('broken')],
    ['RetryLater', new RetryLater(10)],
  ])('that fails leaves nothing, and the next attempt runs (B6): %s', async (_what, error) => {
    const action = command();
    const work: Work = async (db) => {
      await insert(db, 'a');
      throw error;
    };
    await expect(barrier.carryOut(action, work)).rejects.toBe(error);
    expect([await database.notes(), await database.inbox()]).toEqual([[], []]);
    await barrier.carryOut(action, write('a'));
    expect(await database.notes()).toEqual(['a']);
  });

  it('that takes too long is cut off, and can write no more', async () => {
    const hurried = new Barrier(database.dataSource, { ...LIMITS, handlerTimeoutMs: 100 });
    const { promise, give } = signal();
    const late = signal();
    const action = command();
    const work: Work = async (db) => {
      await insert(db, 'early');
      await promise;
      await insert(db, 'late').finally(late.give);
      return {};
    };
    await expect(hurried.carryOut(action, work)).rejects.toThrow(HandlerTimeout);
    give();
    await late.promise;
    expect(await barrier.carryOut(action, write('second'))).toMatchObject({ outcome: 'succeeded' });
    expect(await database.notes()).toEqual(['second']);
  });

  it('whose connection breaks leaves nothing; the next attempt gets a new one (B6)', async () => {
    const action = command();
    const work: Work = async (db) => {
      await insert(db, 'a');
      await db.query('select pg_terminate_backend(pg_backend_pid())');
    };
    const error: unknown = await barrier.carryOut(action, work).catch((cause: unknown) => cause);
    expect(isUnreachable(error)).toBe(true);
    expect(await barrier.carryOut(action, write('b'))).toMatchObject({ outcome: 'succeeded' });
    expect(await database.notes()).toEqual(['b']);
  });

  it('whose reply could not be delivered is not committed', async () => {
    const huge = () => Promise.resolve({ wrote: 'x'.repeat(300_000) });
    await expect(barrier.carryOut(command(), huge)).rejects.toThrow('larger than');
    expect(await database.inbox()).toEqual([]);
  });

  it('keeps what it wrote in a nested database transaction, or nothing', async () => {
    const work: Work = async (db) => {
      await db.transaction((inner) => insert(inner, 'nested'));
      throw new StepRejected('no');
    };
    await barrier.carryOut(command(), work);
    expect(await database.notes()).toEqual([]);
  });
});

describe('a compensation', () => {
  it('runs with the request and the reply of its action, once', async () => {
    const action = command({ data: { text: 'hello' } });
    await barrier.carryOut(action, write('a'));
    const undo = withDirection(action, 'compensation');
    const seen: unknown[] = [];
    const work: Work = async (db, of) => {
      seen.push(of);
      await db.query('delete from note');
      return { undone: true };
    };
    const first = await barrier.carryOut(undo, work);
    expect(first).toEqual({ outcome: 'succeeded', reply: { undone: true } });
    expect(await barrier.carryOut(undo, work)).toEqual(first);
    expect(seen).toEqual([{ request: { text: 'hello' }, reply: { wrote: 'a' } }]);
    expect(await database.notes()).toEqual([]);
  });

  it('without an action succeeds without user code, and the late action is refused (B3, B4)', async () => {
    const action = command();
    const undo = withDirection(action, 'compensation');
    const nothingToDo = { outcome: 'succeeded', reply: {} };
    expect(await barrier.carryOut(undo, never)).toEqual(nothingToDo);
    expect(await barrier.carryOut(undo, never)).toEqual(nothingToDo);
    expect(await barrier.carryOut(action, never)).toMatchObject(rejected('late-action'));
  });

  it('of a refused action succeeds without user code (B3)', async () => {
    const action = command();
    await barrier.carryOut(action, () => Promise.reject(new StepRejected('no')));
    const reply = await barrier.carryOut(withDirection(action, 'compensation'), never);
    expect(reply).toEqual({ outcome: 'succeeded', reply: {} });
    expect(await barrier.carryOut(action, never)).toEqual(rejected('no'));
  });

  it('that fails leaves the action as it was', async () => {
    const action = command();
    await barrier.carryOut(action, write('a'));
    const undo = withDirection(action, 'compensation');
    await expect(barrier.carryOut(undo, never)).rejects.toThrow('user code ran');
    expect(await database.inbox()).toMatchObject([{ direction: 'action', outcome: 'succeeded' }]);
  });
});

describe('a bar', () => {
  it('before the action shuts it out (B4)', async () => {
    const action = command();
    const bar = withDirection(action, 'bar');
    expect(await barrier.carryOut(bar, never)).toEqual({ outcome: 'barred' });
    expect(await barrier.carryOut(bar, never)).toEqual({ outcome: 'barred' });
    expect(await barrier.carryOut(action, never)).toMatchObject(rejected('late-action'));
  });

  it('after the action tells what it did', async () => {
    const [done, refused] = [command(), command()];
    const reply = await barrier.carryOut(done, write('a'));
    await barrier.carryOut(refused, () => Promise.reject(new StepRejected('no')));
    expect(await barrier.carryOut(withDirection(done, 'bar'), never)).toEqual(reply);
    expect(await barrier.carryOut(withDirection(refused, 'bar'), never)).toEqual(rejected('no'));
  });
});
