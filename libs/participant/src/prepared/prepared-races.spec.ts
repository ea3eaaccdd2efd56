import type { Reply } from '@skald/core';
import { DataSource } from 'typeorm';
import { someoneWaitsForLock } from '../../../../test/setup/locks.js';
import {
  branch,
  participantDatabase,
  signal,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { TcpProxy } from '../../../../test/setup/tcp-proxy.js';
import { isUnreachable } from '../barrier/contention.js';
import { NotNow } from '../errors.js';
import type { Work } from '../barrier/barrier.js';
import type { PreparedBarrier } from './prepared-barrier.js';
import { barrierOn, gids, insert, never, write } from './prepared-barrier.fixture.js';

let database: ParticipantDatabase;
let barrier: PreparedBarrier;
beforeEach(async () => {
  database = await participantDatabase({ poolSize: 30 });
  barrier = barrierOn(database);
});
afterEach(() => database.drop());

const YES = { outcome: 'succeeded', reply: {}, vote: 'commit' };
const DONE = { outcome: 'succeeded', reply: {} };
const underWay = { name: 'NotNow', reason: 'prepare-under-way' };

/** User code that has written and waits until it is told how to end. */
function held(text: string) {
  const [wrote, finish] = [signal(), signal()];
  let end: () => unknown = () => ({ wrote: text });
  const work: Work = async (db) => {
    await insert(db, text);
    wrote.give();
    await finish.promise;
    return end();
  };
  return {
    work,
    wrote: wrote.promise,
    finish: (how?: () => unknown) => {
      if (how) end = how;
      finish.give();
    },
  };
}

/** A branch whose handler has written and is held there. */
async function running() {
  const commands = branch();
  const handler = held('a');
  const first = barrier.prepare(commands.prepare, handler.work);
  first.catch(() => undefined);
  await handler.wrote;
  return { ...commands, first, finish: handler.finish };
}

/** Asks again for as long as the answer is that somebody else is at it. */
async function untilDecided(ask: () => Promise<Reply>): Promise<Reply> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NotNow)) throw error;
    }
  }
}

describe('while the first prepare runs', () => {
  it('a second one is no vote, and becomes one when the first is prepared (B11)', async () => {
    const { prepare, first, finish } = await running();
    await expect(barrier.prepare(prepare, never)).rejects.toMatchObject(underWay);
    finish();
    expect(await first).toEqual(YES);
    expect(await barrier.prepare(prepare, never)).toEqual(YES);
  });

  it('a second one that waits when the first is prepared votes as that one did (B10)', async () => {
    const { prepare, first, finish } = await running();
    const second = untilDecided(() => barrier.prepare(prepare, never));
    await someoneWaitsForLock(database.url);
    finish();
    expect(await Promise.all([first, second])).toEqual([YES, YES]);
  });

  it('a second one that waits when the first fails runs itself', async () => {
    const { prepare, commit, first, finish } = await running();
    const second = untilDecided(() => barrier.prepare(prepare, write('b')));
    await someoneWaitsForLock(database.url);
    finish(() => {
      throw new Error('broken');
    });
    await expect(first).rejects.toThrow('broken');
    expect(await second).toEqual(YES);
    await barrier.commit(commit);
    expect(await database.notes()).toEqual(['b']);
  });

  it('an abort is not acknowledged, and takes effect when it comes again (B11, B12)', async () => {
    const { prepare, abort, first, finish } = await running();
    await expect(barrier.abort(abort)).rejects.toMatchObject(underWay);
    finish();
    expect(await first).toEqual(YES);
    expect(await barrier.abort(abort)).toEqual(DONE);
    expect(await barrier.prepare(prepare, never)).toMatchObject({ reason: 'late-action' });
    expect([await database.notes(), await database.prepared()]).toEqual([[], []]);
  });

  it('an abort that waits when it is prepared rolls it back (B12)', async () => {
    const { prepare, abort, first, finish } = await running();
    const aborted = untilDecided(() => barrier.abort(abort));
    await someoneWaitsForLock(database.url);
    finish();
    expect(await first).toEqual(YES);
    expect(await aborted).toEqual(DONE);
    expect(await barrier.prepare(prepare, never)).toMatchObject({ reason: 'late-action' });
    expect(await database.prepared()).toEqual([]);
  });

  it('a commit is no hazard (B11)', async () => {
    const { commit, first, finish } = await running();
    await expect(barrier.commit(commit)).rejects.toMatchObject(underWay);
    finish();
    await first;
    expect(await barrier.commit(commit)).toEqual({ outcome: 'succeeded', reply: { wrote: 'a' } });
  });
});

it('commits at the same time have one effect and one answer (B13)', async () => {
  const { prepare, commit } = branch();
  await barrier.prepare(prepare, write('a'));
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => untilDecided(() => barrier.commit(commit))),
  );
  const acknowledged = { outcome: 'succeeded', reply: { wrote: 'a' } };
  expect(answers).toEqual(Array.from({ length: 8 }, () => acknowledged));
  expect(await database.notes()).toEqual(['a']);
});

it('prepares and aborts in any order end with nothing prepared, and the door shut (B12)', async () => {
  const branches = Array.from({ length: 10 }, () => branch());
  await Promise.all(
    branches.map(async ({ prepare, abort }) => {
      const prepares = [1, 2, 3].map(() => barrier.prepare(prepare, write(prepare.transaction)));
      const aborts = [1, 2].map(() => untilDecided(() => barrier.abort(abort)));
      await Promise.allSettled(prepares);
      expect(await Promise.all(aborts)).toEqual([DONE, DONE]);
      expect(await barrier.prepare(prepare, never)).toMatchObject({ reason: 'late-action' });
    }),
  );
  expect([await database.notes(), await database.prepared()]).toEqual([[], []]);
});

it('an attempt whose connection breaks right after PREPARE votes when it is asked again (B10)', async () => {
  const proxy = await TcpProxy.before(database.url);
  const breaking = await new DataSource({ type: 'postgres', url: proxy.url }).initialize();
  const { prepare, commit } = branch();
  proxy.dropAnswerTo = 'prepare transaction';
  const first: unknown = await barrierOn(database, { dataSource: breaking })
    .prepare(prepare, write('a'))
    .catch((error: unknown) => error);
  expect(isUnreachable(first)).toBe(true);
  expect(await database.prepared()).toEqual([gids.of(prepare)]);

  expect(await barrier.prepare(prepare, never)).toEqual(YES);
  expect(await barrier.commit(commit)).toMatchObject({ reply: { wrote: 'a' } });
  await breaking.destroy();
  await proxy.close();
});

it('a commit whose answer is lost is acknowledged when it comes again (B13)', async () => {
  const proxy = await TcpProxy.before(database.url);
  const breaking = await new DataSource({ type: 'postgres', url: proxy.url }).initialize();
  const { prepare, commit } = branch();
  await barrier.prepare(prepare, write('a'));
  proxy.dropAnswerTo = 'commit prepared';
  await expect(barrierOn(database, { decisions: breaking }).commit(commit)).rejects.toThrow();
  expect(await barrier.commit(commit)).toMatchObject({ reply: { wrote: 'a' } });
  expect(await database.notes()).toEqual(['a']);
  await breaking.destroy();
  await proxy.close();
});

it('a row that a prepared transaction holds is waited for no longer than it may be', async () => {
  const [first, second] = [branch(), branch()];
  await barrier.prepare(first.prepare, write('same'));
  const impatient = barrierOn(database, { lockTimeoutMs: 50 });
  await expect(impatient.prepare(second.prepare, write('same'))).rejects.toThrow('lock timeout');
  await barrier.abort(first.abort);
  expect(await impatient.prepare(second.prepare, write('same'))).toEqual(YES);
});

it("another database's prepared transaction of the same name is not ours to finish", async () => {
  const other = await participantDatabase();
  const { prepare, commit, abort } = branch();
  await barrierOn(other).prepare(prepare, write('a'));
  await expect(barrier.prepare(prepare, write('a'))).rejects.toMatchObject({ reason: 'gid-taken' });
  expect(await barrier.commit(commit)).toEqual({ outcome: 'hazard' });
  expect(await barrier.abort(abort)).toEqual(DONE);
  expect(await other.prepared()).toEqual([gids.of(prepare)]);
  await other.drop();
});
