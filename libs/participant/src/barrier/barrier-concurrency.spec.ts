import {
  command,
  participantDatabase,
  signal,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { waitFor } from '../../../../tools/wait.mjs';
import { StepRejected } from '../errors.js';
import { Barrier, type Work } from './barrier.js';

const LIMITS = { handlerTimeoutMs: 8_000, lockTimeoutMs: 4_000 };

let database: ParticipantDatabase;
let barrier: Barrier;
beforeEach(async () => {
  database = await participantDatabase();
  barrier = new Barrier(database.dataSource, LIMITS);
});
afterEach(() => database.drop());

const never: Work = () => Promise.reject(new Error('user code ran'));

/** An action that has written and is held there. */
async function held(end: () => unknown) {
  const action = command();
  const [wrote, finish] = [signal(), signal()];
  const reply = barrier.carryOut(action, async (db) => {
    await db.query(`insert into note values ('a')`);
    wrote.give();
    await finish.promise;
    return end();
  });
  reply.catch(() => undefined);
  await wrote.promise;
  return { action, reply, finish: finish.give };
}

/** Whether another session waits for the first one's row. */
async function someoneWaits(): Promise<void> {
  await waitFor(
    async () => {
      const [row] = await database.dataSource.query<{ waiting: number }[]>(
        `select count(*)::int as waiting from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return (row?.waiting ?? 0) > 0;
    },
    { timeoutMs: 3_000, what: 'a session that waits for a lock', everyMs: 20 },
  );
}

it('a duplicate waits for the first to commit, then answers its reply', async () => {
  const { action, reply, finish } = await held(() => ({ done: true }));
  const duplicate = barrier.carryOut(action, never);
  await someoneWaits();
  finish();
  expect(await duplicate).toEqual(await reply);
  expect(await database.notes()).toEqual(['a']);
});

it('a duplicate of an attempt that failed runs itself', async () => {
  const { action, reply, finish } = await held(() => {
    throw new Error('broken');
  });
  const duplicate = barrier.carryOut(action, async (db) => {
    await db.query(`insert into note values ('b')`);
    return {};
  });
  await someoneWaits();
  finish();
  await expect(reply).rejects.toThrow('broken');
  expect(await duplicate).toMatchObject({ outcome: 'succeeded' });
  expect(await database.notes()).toEqual(['b']);
});

it('a compensation waits for the action under way, then undoes it', async () => {
  const { action, finish } = await held(() => ({ done: true }));
  const undo = command({ transaction: action.transaction, direction: 'compensation' });
  const undone = barrier.carryOut(undo, async (db, of) => {
    await db.query('delete from note');
    return of;
  });
  await someoneWaits();
  finish();
  const of = { request: action.data, reply: { done: true } };
  expect(await undone).toEqual({ outcome: 'succeeded', reply: of });
  expect(await database.notes()).toEqual([]);
});

it('a bar waits for the action under way and tells what it did', async () => {
  const { action, reply, finish } = await held(() => ({ done: true }));
  const bar = barrier.carryOut(
    command({ transaction: action.transaction, direction: 'bar' }),
    never,
  );
  await someoneWaits();
  finish();
  expect(await bar).toEqual(await reply);
});

it('a bar that waited for an action which then failed shuts it out', async () => {
  const { action, finish } = await held(() => {
    throw new Error('broken');
  });
  const bar = barrier.carryOut(
    command({ transaction: action.transaction, direction: 'bar' }),
    never,
  );
  await someoneWaits();
  finish();
  expect(await bar).toEqual({ outcome: 'barred' });
  expect(await barrier.carryOut(action, never)).toMatchObject({ reason: 'late-action' });
});

it('a refusal that comes after another attempt decided counts for nothing (B5)', async () => {
  const action = command();
  const first = barrier.carryOut(action, async (db) => {
    // The moment between the roll-back of a refusal and its own insert, seen from the other side.
    await db.query('rollback');
    await barrier.carryOut(action, (other) => other.query(`insert into note values ('a')`));
    throw new StepRejected('too-late');
  });
  expect(await first).toMatchObject({ outcome: 'succeeded' });
  expect(await database.notes()).toEqual(['a']);
});

it('waiting for a rival is bounded', async () => {
  const impatient = new Barrier(database.dataSource, { ...LIMITS, lockTimeoutMs: 50 });
  const { action, reply, finish } = await held(() => ({}));
  await expect(impatient.carryOut(action, never)).rejects.toThrow('lock timeout');
  finish();
  await reply;
});

it('twenty duplicates at once have one effect and one reply', async () => {
  const action = command();
  let runs = 0;
  const replies = await Promise.all(
    Array.from({ length: 20 }, () =>
      barrier.carryOut(action, async (db) => {
        runs += 1;
        await db.query(`insert into note values ('a')`);
        return { run: runs };
      }),
    ),
  );
  expect(runs).toBe(1);
  expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
});

it('handlers that deadlock are tried again', async () => {
  await database.dataSource.query(`insert into note values ('x'), ('y')`);
  const lock = `select from note where text = $1 for update`;
  let met = 0;
  const both = signal();
  const inOrder =
    (first: string, second: string): Work =>
    async (db) => {
      await db.query(lock, [first]);
      met += 1;
      if (met >= 2) both.give();
      await both.promise;
      await db.query(lock, [second]);
      return {};
    };
  const replies = await Promise.all([
    barrier.carryOut(command(), inOrder('x', 'y')),
    barrier.carryOut(command(), inOrder('y', 'x')),
  ]);
  expect(replies.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded']);
  expect(met).toBeGreaterThan(2);
});

it('goes on without prepared statements where connections forget them', async () => {
  const forgetful: Work = async (db) => {
    await db.query('insert into note select count(*)::text from note');
    await db.query('deallocate all');
    return {};
  };
  for (let n = 1; n <= 3; n++) {
    expect(await barrier.carryOut(command(), forgetful)).toMatchObject({ outcome: 'succeeded' });
  }
  expect(await database.notes()).toEqual(['0', '1', '2']);
});
