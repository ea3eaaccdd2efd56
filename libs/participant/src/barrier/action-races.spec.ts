import type { CommandEvent } from '@skald/core';
import { DataSource } from 'typeorm';
import { TcpProxy } from '../../../../test/setup/tcp-proxy.js';
import {
  command,
  participantDatabase,
  signal,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { waitFor } from '../../../../tools/wait.mjs';
import { Barrier, type Work } from './barrier.js';
import { BatchBarrier } from './batch-barrier.js';
import { isUnreachable, Overtaken } from './contention.js';
import { cleanInbox } from './retention.js';

// An action's row is written last. These are the moments at which somebody else may come first.

const LIMITS = { handlerTimeoutMs: 8_000, lockTimeoutMs: 4_000 };

let database: ParticipantDatabase;
let barrier: Barrier;
beforeEach(async () => {
  database = await participantDatabase();
  const now = () => Date.UTC(2026, 10, 20);
  await cleanInbox(database.dataSource, { retentionDays: 30, handlerTimeoutMs: 8_000, now });
  barrier = new Barrier(database.dataSource, LIMITS);
});
afterEach(() => database.drop());

const never = () => Promise.reject(new Error('user code ran'));

const writes =
  (text: string): Work =>
  async (db) => {
    await db.query('insert into note values ($1)', [text]);
    return { wrote: text };
  };

/** The row of an attempt that takes no lock, as an SDK before this one did. */
async function rival({ transaction, step, startedAt }: CommandEvent, outcome: string) {
  const runner = database.dataSource.createQueryRunner();
  await runner.startTransaction();
  const reply = JSON.stringify({ outcome: 'succeeded', reply: { wrote: 'rival' } });
  await runner.query(
    `insert into skald_inbox (transaction_id, step, direction, started_at, attempt, outcome, reply)
     values ($1, $2, 'action', $3, 1, $4, $5)`,
    [transaction, step, new Date(startedAt), outcome, outcome === 'barred' ? null : reply],
  );
  return {
    commit: async () => {
      await runner.commitTransaction();
      await runner.release();
    },
  };
}

/** Whether so many sessions wait for others. */
async function waiting(many: number): Promise<void> {
  const count = `select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  await waitFor(
    async () => {
      const [row] = await database.dataSource.query<{ waiting: number }[]>(count);
      return row?.waiting === many;
    },
    { timeoutMs: 3_000, what: `${many} sessions that wait`, everyMs: 20 },
  );
}

it.each([
  ['that took effect', 'succeeded', { outcome: 'succeeded', reply: { wrote: 'rival' } }],
  ['that barred it', 'barred', { outcome: 'rejected', reason: 'late-action' }],
])('an attempt without a lock %s first counts, and all else is undone (B2)', async (...given) => {
  const [, outcome, expected] = given;
  const action = command();
  const { commit } = await rival(action, outcome);
  const reply = barrier.carryOut(action, writes('mine'));
  await waiting(1);
  await commit();
  expect(await reply).toMatchObject(expected);
  expect(await database.notes()).toEqual([]);
  expect(await database.inbox()).toHaveLength(1);
});

it('a batch that an attempt without a lock overtakes has no effect (B17)', async () => {
  const [action, other] = [command(), command()];
  const { commit } = await rival(action, 'succeeded');
  const batches = new BatchBarrier(database.dataSource, LIMITS);
  const replies = batches.carryOut([other, action], async (db, commands) => {
    await db.query(`insert into note values ('mine')`);
    return commands.map(() => ({}));
  });
  const error = replies.catch((cause: unknown) => cause);
  await waiting(1);
  await commit();
  expect(await error).toBeInstanceOf(Overtaken);
  expect(await database.notes()).toEqual([]);
  expect(await database.inbox()).toHaveLength(1);
});

it('a compensation waits for a batch under way, then undoes its action', async () => {
  const action = command();
  const [wrote, finish] = [signal(), signal()];
  const batches = new BatchBarrier(database.dataSource, LIMITS);
  const together = batches.carryOut([action, command()], async (_db, commands) => {
    wrote.give();
    await finish.promise;
    return commands.map((_, index) => ({ index }));
  });
  await wrote.promise;
  const undo = command({ transaction: action.transaction, direction: 'compensation' });
  const undone = barrier.carryOut(undo, (_db, of) => Promise.resolve(of));
  await waiting(1);
  finish.give();
  await together;
  const of = { request: action.data, reply: { index: 0 } };
  expect(await undone).toEqual({ outcome: 'succeeded', reply: of });
});

it.each([
  ['of the DataSource', { isolationLevel: 'REPEATABLE READ' as const }],
  ['of the database', { extra: { options: '-c default_transaction_isolation=serializable' } }],
])('a snapshot that is older than the wait runs no user code (B2): %s', async (_, options) => {
  const { url } = database;
  const strict = await new DataSource({ type: 'postgres', url, ...options }).initialize();
  const others = new Barrier(strict, LIMITS);
  const action = command();
  const [wrote, finish] = [signal(), signal()];
  const first = others.carryOut(action, async (db) => {
    await db.query(`insert into note values ('a')`);
    wrote.give();
    await finish.promise;
    return {};
  });
  await wrote.promise;
  const duplicate = others.carryOut(action, never);
  await waiting(1);
  finish.give();
  expect(await duplicate).toEqual(await first);
  const batches = new BatchBarrier(strict, LIMITS);
  expect(await batches.carryOut([command(), command()], never)).toEqual(new Map());
  await strict.destroy();
});

it('an answer to the commit that is lost is given when the action comes again (B2)', async () => {
  const proxy = await TcpProxy.before(database.url);
  const breaking = await new DataSource({ type: 'postgres', url: proxy.url }).initialize();
  const action = command();
  proxy.dropAnswerTo = 'commit';
  const lost = new Barrier(breaking, LIMITS).carryOut(action, writes('a'));
  expect(isUnreachable(await lost.catch((error: unknown) => error))).toBe(true);
  expect(await barrier.carryOut(action, never)).toMatchObject({ reply: { wrote: 'a' } });
  expect(await database.notes()).toEqual(['a']);
  await breaking.destroy();
  await proxy.close();
});

it('attempts, batches, bars and compensations at once have one effect or none, and agree', async () => {
  const batches = new BatchBarrier(database.dataSource, LIMITS);
  let runs = 0;
  const flaky =
    (text: string): Work =>
    async (db, action) => {
      await writes(text)(db, action);
      if (runs++ % 3 === 0) throw new Error('broken');
      return { wrote: text };
    };
  const undo: Work = async (db, action) => {
    await db.query('delete from note where text = $1', [action && replyOf(action.reply)]);
    return {};
  };
  const all = Array.from({ length: 24 }, () => command());
  await Promise.all(
    all.map(async (action, index) => {
      const other = all[(index * 7 + 1) % all.length] ?? action;
      const undoing = command({ transaction: action.transaction, direction: 'compensation' });
      const tries = [
        () => barrier.carryOut(action, flaky(action.transaction)),
        () => barrier.carryOut({ ...action, attempt: 2 }, flaky(action.transaction)),
        () =>
          batches.carryOut([action, other], async (db, mine) => {
            for (const { transaction } of mine) await flaky(transaction)(db, null);
            return mine.map(({ transaction }) => ({ wrote: transaction }));
          }),
        ...(index % 3 === 0 ? [() => barrier.carryOut(undoing, undo)] : []),
        ...(index % 4 === 0
          ? [() => barrier.carryOut({ ...action, direction: 'bar' as const }, never)]
          : []),
      ];
      await Promise.allSettled(rotated(tries, index).map((attempt) => attempt()));
    }),
  );
  const rows: { id: string; outcome: string; isUndone: boolean }[] =
    await database.dataSource.query(
      `select transaction_id as id, outcome, exists (select from skald_inbox undone where
       undone.transaction_id = done.transaction_id and undone.direction = 'compensation') as "isUndone"
     from skald_inbox done where direction = 'action'`,
    );
  const standing = rows.filter(({ outcome, isUndone }) => outcome === 'succeeded' && !isUndone);
  expect(await database.notes()).toEqual(standing.map(({ id }) => id).toSorted());
});

function replyOf(reply: unknown): string {
  return (reply as { wrote: string }).wrote;
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const from = by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}
