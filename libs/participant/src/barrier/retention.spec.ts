import type { CommandEvent } from '@skald/core';
import { inboxMigrations } from '@skald/migrations';
import { DataSource } from 'typeorm';
import { testDatabase } from '../../../../test/setup/database.js';
import {
  command,
  participantDatabase,
  signal,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { Barrier, type Work } from './barrier.js';
import { migrateInbox } from './migrate-inbox.js';
import { retentionJob } from './retention-job.js';
import { cleanInbox } from './retention.js';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 20, 12);
const LIMITS = { handlerTimeoutMs: 5_000, lockTimeoutMs: 1_000 };

let database: ParticipantDatabase;
let barrier: Barrier;
beforeEach(async () => {
  database = await participantDatabase();
  barrier = new Barrier(database.dataSource, LIMITS);
});
afterEach(() => database.drop());

const write: Work = async (db) => {
  await db.query(`insert into note values ('a')`);
  return {};
};
const never: Work = () => Promise.reject(new Error('user code ran'));

/** One round of clean-up, so many days after START. */
function clean(days: number, plusMs = 0) {
  const now = () => START + days * DAY_MS + plusMs;
  return cleanInbox(database.dataSource, { retentionDays: 30, handlerTimeoutMs: 5_000, now });
}

function sibling(action: CommandEvent, direction: CommandEvent['direction']) {
  return command({ transaction: action.transaction, direction });
}

async function partitionOf(action: CommandEvent): Promise<string | undefined> {
  const [row] = await database.dataSource.query<{ name: string }[]>(
    `select tableoid::regclass::text as name from skald_inbox where transaction_id = $1`,
    [action.transaction],
  );
  return row?.name;
}

it('a round creates the partitions of yesterday and of the week to come', async () => {
  const { created } = await clean(0);
  expect(created).toHaveLength(9);
  expect([created[0], created.at(-1)]).toEqual(['skald_inbox_p20261119', 'skald_inbox_p20261127']);
  expect((await clean(1)).created).toEqual(['skald_inbox_p20261128']);

  const action = command({ startedAt: START });
  await barrier.carryOut(action, write);
  expect(await partitionOf(action)).toBe('skald_inbox_p20261120');
});

it('a row that no partition covers goes to the default one, and is found there', async () => {
  const action = command({ startedAt: START });
  await barrier.carryOut(action, write);
  expect(await partitionOf(action)).toBe('skald_inbox_default');

  const { created, postponed } = await clean(0);
  expect(created).toHaveLength(8);
  expect(postponed).toEqual([expect.stringContaining('skald_inbox_p20261120')]);
  expect(await barrier.carryOut(action, never)).toMatchObject({ outcome: 'succeeded' });

  await clean(32);
  await clean(32, 10_001);
  expect(await partitionOf(action)).toBeUndefined();
});

it('partitions go in a later round than the watermark that uncovers them', async () => {
  await clean(0);
  const action = command({ startedAt: START });
  await barrier.carryOut(action, write);

  const first = await clean(31);
  expect(first.watermark).toBe(Date.UTC(2026, 10, 21));
  expect(first.dropped).toEqual([]);
  expect(await barrier.carryOut(action, never)).toMatchObject({ outcome: 'succeeded' });

  expect((await clean(31, 10_000)).dropped).toEqual([]);
  const dropped = ['skald_inbox_p20261119', 'skald_inbox_p20261120'];
  expect((await clean(31, 10_001)).dropped).toEqual(dropped);
  expect(await barrier.carryOut(action, never)).toEqual({ outcome: 'expired' });
});

it.each(['action', 'compensation', 'bar'] as const)(
  'a command before the watermark without a row is expired, without effect (B7): %s',
  async (direction) => {
    await clean(31);
    const late = command({ direction, startedAt: START });
    expect(await barrier.carryOut(late, never)).toEqual({ outcome: 'expired' });
    expect(await database.inbox()).toEqual([]);
    const live = command({ direction, startedAt: Date.UTC(2026, 10, 21) });
    expect(await barrier.carryOut(live, write)).not.toEqual({ outcome: 'expired' });
  },
);

it('a compensation before the watermark is expired, even while its action has a row', async () => {
  await clean(0);
  const action = command({ startedAt: START });
  await barrier.carryOut(action, write);
  await clean(31);
  const undo = { ...sibling(action, 'compensation'), startedAt: START };
  expect(await barrier.carryOut(undo, never)).toEqual({ outcome: 'expired' });
  expect(await database.notes()).toEqual(['a']);
});

it('the watermark never goes back', async () => {
  const { watermark } = await clean(31);
  expect((await clean(0)).watermark).toBe(watermark);
});

it('dropping does not wait for a handler that runs long; a later round does it', async () => {
  await clean(0);
  const [wrote, finish] = [signal(), signal()];
  const running = barrier.carryOut(command({ startedAt: START }), async () => {
    wrote.give();
    await finish.promise;
    return {};
  });
  await wrote.promise;
  await clean(31);
  const round = await clean(31, 10_001);
  expect(round.dropped).toEqual(['skald_inbox_p20261119']);
  expect(round.postponed).toEqual([expect.stringContaining('skald_inbox_p20261120')]);
  finish.give();
  expect(await running).toMatchObject({ outcome: 'succeeded' });
  expect((await clean(31, 10_002)).dropped).toEqual(['skald_inbox_p20261120']);
});

it('a handler under way in a day without a partition keeps that day from being made', async () => {
  const [wrote, finish] = [signal(), signal()];
  const action = command({ startedAt: START });
  const running = barrier.carryOut(action, async () => {
    wrote.give();
    await finish.promise;
    return {};
  });
  await wrote.promise;
  expect((await clean(0)).postponed).toContainEqual(
    expect.stringContaining('skald_inbox_p20261120'),
  );
  finish.give();
  expect(await running).toMatchObject({ outcome: 'succeeded' });
  expect(await partitionOf(action)).toBe('skald_inbox_default');
});

it('a partition that was dropped is no trouble to whoever used it', async () => {
  await clean(0);
  const action = command({ startedAt: START });
  await barrier.carryOut(action, write);
  await database.dataSource.query('drop table skald_inbox_p20261120');
  const again = command({ startedAt: START });
  expect(await barrier.carryOut(again, () => Promise.resolve({}))).toMatchObject({
    outcome: 'succeeded',
  });
  expect(await partitionOf(again)).toBe('skald_inbox_default');
});

it('one process cleans at a time', async () => {
  const rounds = await Promise.all([clean(0), clean(0), clean(0)]);
  expect(rounds.flatMap(({ created }) => created)).toHaveLength(9);
});

it('the job cleans at its start', async () => {
  const job = retentionJob(database.dataSource, {
    retentionDays: 30,
    handlerTimeoutMs: 5_000,
    cleanUpIntervalMs: 60 * 60 * 1000,
    now: () => START,
  });
  await job.start();
  await job.stop();
  expect((await clean(0)).created).toEqual([]);
});

it('migrations run once, though several processes start at once', async () => {
  const empty = await testDatabase();
  const options = { type: 'postgres', url: empty.url, poolSize: 2 } as const;
  const sources = await Promise.all([1, 2, 3].map(() => new DataSource(options).initialize()));
  await Promise.all(sources.map(migrateInbox));
  const done: unknown[] = (await sources[0]?.query('select * from skald_inbox_migrations')) ?? [];
  expect(done).toHaveLength(inboxMigrations.length);
  await Promise.all(sources.map((source) => source.destroy()));
  await empty.drop();
});
