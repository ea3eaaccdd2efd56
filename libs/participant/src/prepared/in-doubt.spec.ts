import type { ResolveOrder } from '@skald/core';
import {
  branch,
  participantDatabase,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import type { InDoubt } from './in-doubt.js';
import { barrierOn, gids, inDoubtOn, never, write } from './prepared-barrier.fixture.js';
import type { PreparedBarrier } from './prepared-barrier.js';

let database: ParticipantDatabase;
let barrier: PreparedBarrier;
let inDoubt: InDoubt;
beforeEach(async () => {
  database = await participantDatabase();
  barrier = barrierOn(database);
  inDoubt = inDoubtOn(database, barrier);
});
afterEach(() => database.drop());

type Outcome = ResolveOrder['outcome'];

const order = (gid: string, outcome: Outcome) => ({ gid, outcome, by: 'ann', reason: 'it blocks' });
const other = (outcome: Outcome): Outcome => (outcome === 'commit' ? 'abort' : 'commit');

describe('a report', () => {
  it('names what is prepared here, oldest first, with the locks it holds', async () => {
    const [first, second] = [branch(), branch()];
    await barrier.prepare(first.prepare, write('a'));
    await barrier.prepare(second.prepare, write('b'));
    const report = await inDoubt.report();
    expect(report).toMatchObject({ participant: 'notes', maxPrepared: 1_500 });
    expect(report.used).toBeGreaterThanOrEqual(2);
    const { transaction, step } = first.prepare;
    expect(report.items).toEqual([
      {
        gid: gids.of(first.prepare),
        transaction,
        step,
        preparedAt: expect.stringMatching(/^20.*Z$/) as string,
        ageMs: expect.any(Number) as number,
        locks: [{ relation: 'note', mode: 'RowExclusiveLock', count: 1 }],
      },
      expect.objectContaining({ gid: gids.of(second.prepare) }),
    ]);
  });

  it("leaves out other databases', other coordinators' and strangers' transactions", async () => {
    const elsewhere = await participantDatabase();
    await barrierOn(elsewhere).prepare(branch().prepare, write('a'));
    const runner = database.dataSource.createQueryRunner();
    for (const gid of ['skald:other:x:y:1', 'not ours', 'skald:skald:no-branch']) {
      await runner.query('begin');
      await runner.query(`prepare transaction '${gid}'`);
    }
    await runner.release();
    expect((await inDoubt.report()).items).toEqual([]);
    expect((await inDoubt.overview()).items).toEqual([]);
    expect(await inDoubt.resolve(order('skald:other:x:y:1', 'abort'))).toBeUndefined();
    expect(await database.prepared()).toHaveLength(3);
    await elsewhere.drop();
  });
});

describe.each(['commit', 'abort'] as const)('a human who says %s', (outcome) => {
  it('is obeyed, and asked again told that it is done', async () => {
    const { prepare } = branch();
    await barrier.prepare(prepare, write('a'));
    const gid = gids.of(prepare);
    const result = { gid, outcome, result: `heuristic-${outcome}` };
    expect(await inDoubt.resolve(order(gid, outcome))).toEqual(result);
    expect(await database.notes()).toEqual(outcome === 'commit' ? ['a'] : []);
    const done = { gid, outcome: other(outcome), result: `already-${outcome}` };
    expect(await inDoubt.resolve(order(gid, other(outcome)))).toEqual(done);
  });

  it('is told to a decision that contradicts, as to one that agrees (B14)', async () => {
    const { prepare, commit, abort } = branch();
    await barrier.prepare(prepare, write('a'));
    await inDoubt.resolve(order(gids.of(prepare), outcome));
    const told = { outcome: `heuristic-${outcome}` };
    for (let times = 1; times <= 2; times++) {
      expect(await barrier.commit(commit)).toEqual(told);
      expect(await barrier.abort(abort)).toEqual(told);
    }
    expect(await database.notes()).toEqual(outcome === 'commit' ? ['a'] : []);
  });

  it('finds that the decision came first, and does not count (B14)', async () => {
    const { prepare, commit, abort } = branch();
    await barrier.prepare(prepare, write('a'));
    await (outcome === 'commit' ? barrier.abort(abort) : barrier.commit(commit));
    const gid = gids.of(prepare);
    const result = { gid, outcome, result: `already-${other(outcome)}` };
    expect(await inDoubt.resolve(order(gid, outcome))).toEqual(result);
    const stands = outcome === 'commit' ? await barrier.abort(abort) : await barrier.commit(commit);
    expect(stands).toMatchObject({ outcome: 'succeeded' });
  });
});

it('a late prepare after a human aborted is refused', async () => {
  const { prepare } = branch();
  await barrier.prepare(prepare, write('a'));
  await inDoubt.resolve(order(gids.of(prepare), 'abort'));
  expect(await barrier.prepare(prepare, never)).toMatchObject({ reason: 'late-action' });
});

it('a human and decisions at once: one of them has its way, and all are told so', async () => {
  const branches = Array.from({ length: 8 }, () => branch());
  for (const { prepare } of branches) await barrier.prepare(prepare, write(prepare.transaction));
  await Promise.all(
    branches.map(async ({ prepare, commit }) => {
      const [resolved] = await Promise.all([
        inDoubt.resolve(order(gids.of(prepare), 'abort')),
        barrier.commit(commit).catch(() => undefined),
      ]);
      const end = await barrier.commit(commit);
      const hasCommitted = resolved?.result === 'already-commit';
      expect(end.outcome).toBe(hasCommitted ? 'succeeded' : 'heuristic-abort');
      expect((await database.notes()).includes(prepare.transaction)).toBe(hasCommitted);
    }),
  );
});

it('a gid of which nothing is known has nothing to finish', async () => {
  expect(await inDoubt.resolve(order(gids.of(branch().prepare), 'abort'))).toBeUndefined();
  expect(await inDoubt.resolve(order('x', 'commit'))).toBeUndefined();
});
