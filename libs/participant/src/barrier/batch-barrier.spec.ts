import type { CommandEvent, Reply } from '@skald/core';
import { DataSource } from 'typeorm';
import {
  command,
  participantDatabase,
  signal,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { StepRejected } from '../errors.js';
import { Barrier } from './barrier.js';
import { BatchBarrier, type BatchWork } from './batch-barrier.js';
import { isLockTimeout } from './contention.js';

const LIMITS = { handlerTimeoutMs: 5_000, lockTimeoutMs: 1_000 };

let database: ParticipantDatabase;
let batches: BatchBarrier;
let single: Barrier;
beforeEach(async () => {
  database = await participantDatabase();
  batches = new BatchBarrier(database.dataSource, LIMITS);
  single = new Barrier(database.dataSource, LIMITS);
});
afterEach(() => database.drop());

function actions(...texts: string[]): CommandEvent[] {
  return texts.map((text) => command({ data: { text } }));
}

const textOf = ({ data }: CommandEvent) => (data as { text: string }).text;

/** Writes a note for each, except for those whose text is `no`: these it refuses. */
const write: BatchWork = async (db, commands) => {
  const texts = commands.map(textOf).filter((text) => text !== 'no');
  await db.query('insert into note select unnest($1::text[])', [texts]);
  return commands.map((one) =>
    textOf(one) === 'no' ? new StepRejected('no', 'sorry') : { wrote: textOf(one) },
  );
};

const never = () => Promise.reject(new Error('user code ran'));
const wrote = (text: string): Reply => ({ outcome: 'succeeded', reply: { wrote: text } });
const NO: Reply = { outcome: 'rejected', reason: 'no', detail: 'sorry' };

it('B17: all take effect once, and their stored replies are answered ever after', async () => {
  const all = actions('a', 'b', 'c');
  const replies = await batches.carryOut(all, write);
  expect(all.map((one) => replies.get(one))).toEqual(['a', 'b', 'c'].map(wrote));
  expect(await database.notes()).toEqual(['a', 'b', 'c']);
  for (const one of all) expect(await single.carryOut(one, never)).toEqual(replies.get(one));
});

it.each([
  [
    'an error',
    async (...[db, commands]: Parameters<BatchWork>) => {
      await write(db, commands);
      throw new Error('broken');
    },
  ],
  [
    'an error of the database that was swallowed',
    async (...[db, commands]: Parameters<BatchWork>) => {
      await db.query('insert into note values (1 / 0)').catch(() => undefined);
      return commands.map(() => ({}));
    },
  ],
  [
    'a reply that is too large',
    async (...[db, commands]: Parameters<BatchWork>) => {
      await write(db, commands);
      return commands.map(() => 'x'.repeat(300_000));
    },
  ],
])('B17: nothing stays of any after %s', async (_, work) => {
  const all = actions('a', 'b') as [CommandEvent, CommandEvent];
  await expect(batches.carryOut(all, work)).rejects.toThrow();
  expect([await database.notes(), await database.inbox()]).toEqual([[], []]);
  expect(await single.carryOut(all[0], () => Promise.resolve({ wrote: 'a' }))).toEqual(wrote('a'));
});

it('B18: user code sees no action that has a row, however it got it, nor one twice', async () => {
  const [done, barred, fresh] = actions('a', 'b', 'c') as [
    CommandEvent,
    CommandEvent,
    CommandEvent,
  ];
  await batches.carryOut([done], write);
  await single.carryOut({ ...barred, direction: 'compensation' }, never);
  let seen: readonly CommandEvent[] = [];
  const replies = await batches.carryOut([done, fresh, barred, { ...fresh }], (db, commands) => {
    seen = commands;
    return write(db, commands);
  });
  expect(seen).toEqual([fresh]);
  expect([...replies]).toEqual([[fresh, wrote('c')]]);
  expect(await database.notes()).toEqual(['a', 'c']);
  expect(await single.carryOut(barred, never)).toMatchObject({ reason: 'late-action' });
});

it('B18: user code does not run when no action is left, nor behind the watermark', async () => {
  const [old, done] = actions('a', 'b') as [CommandEvent, CommandEvent];
  await batches.carryOut([done], write);
  await database.dataSource.query(`update skald_inbox_watermark set watermark = '2026-11-21'`);
  expect(await batches.carryOut([old, done], never)).toEqual(new Map());
  expect(await single.carryOut(old, never)).toEqual({ outcome: 'expired' });
});

it('B18: who is under way elsewhere is waited for, and does not take part', async () => {
  const [rival, other] = actions('a', 'b') as [CommandEvent, CommandEvent];
  const reached = signal();
  const finish = signal();
  const first = single.carryOut(rival, async (db) => {
    await db.query(`insert into note values ('rival')`);
    reached.give();
    await finish.promise;
    return { wrote: 'rival' };
  });
  await reached.promise;
  const together = batches.carryOut([rival, other], write);
  finish.give();
  expect([...(await together)]).toEqual([[other, wrote('b')]]);
  expect(await first).toEqual(wrote('rival'));
  expect(await database.notes()).toEqual(['b', 'rival']);
});

it('gives up the batch when a rival holds a row for too long', async () => {
  const [rival, other] = actions('a', 'b') as [CommandEvent, CommandEvent];
  const reached = signal();
  const finish = signal();
  const first = single.carryOut(rival, async () => {
    reached.give();
    await finish.promise;
    return {};
  });
  await reached.promise;
  const error: unknown = await batches.carryOut([rival, other], never).catch((e: unknown) => e);
  expect(isLockTimeout(error)).toBe(true);
  finish.give();
  await first;
});

it('B19: a refusal leaves the others as they are, and is stored', async () => {
  const all = actions('a', 'no', 'b') as [CommandEvent, CommandEvent, CommandEvent];
  const replies = await batches.carryOut(all, write);
  expect(all.map((one) => replies.get(one))).toEqual([wrote('a'), NO, wrote('b')]);
  expect(await database.notes()).toEqual(['a', 'b']);
  const [, refused] = all;
  expect(await single.carryOut(refused, never)).toEqual(NO);
  // B3: nothing is to be undone of what was refused.
  const compensation: CommandEvent = { ...refused, direction: 'compensation' };
  expect(await single.carryOut(compensation, never)).toEqual({ outcome: 'succeeded', reply: {} });
});

it('B19: a no that is not final gives the batch up', async () => {
  const [fine] = actions('a') as [CommandEvent];
  const refused = command({ data: { text: 'no' }, isRefusable: false });
  await expect(batches.carryOut([fine, refused], write)).rejects.toThrow(StepRejected);
  expect([await database.notes(), await database.inbox()]).toEqual([[], []]);
});

it('batches with actions in common neither deadlock nor run one twice', async () => {
  const all = actions(...Array.from({ length: 60 }, (_, index) => `note-${index}`));
  const rounds = [all, [...all].reverse(), all.slice(20), all.slice(0, 40).reverse()];
  const replies = await Promise.all(rounds.map((round) => batches.carryOut(round, write)));
  for (const one of all) {
    expect(replies.filter((round) => round.has(one))).toHaveLength(1);
  }
  expect(await database.notes()).toHaveLength(60);
});

it.each(['on', 'off'])(
  'the handler plans as it would without a barrier: seqscan %s',
  async (set) => {
    const settings: unknown[] = [];
    const name = new URL(database.url).pathname.slice(1);
    await database.dataSource.query(`alter database ${name} set enable_seqscan = ${set}`);
    const fresh = await new DataSource(database.dataSource.options).initialize();
    await new BatchBarrier(fresh, LIMITS).carryOut(actions('a', 'b'), async (db, commands) => {
      settings.push(await db.query('show enable_seqscan'));
      return commands.map(() => ({}));
    });
    expect(settings).toEqual([[{ enable_seqscan: set }]]);
    await fresh.destroy();
  },
);

it('B17: a handler that ends the database transaction does not pass for a success', async () => {
  const ending: BatchWork = async (db, commands) => {
    await db.query('commit');
    await db.query('begin');
    return commands.map(() => ({}));
  };
  const done = batches.carryOut(actions('a', 'b'), ending);
  await expect(done).rejects.toThrow('did the handler end the database transaction?');
  expect(await database.inbox()).toEqual([]);
});
