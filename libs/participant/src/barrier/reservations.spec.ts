import {
  branch,
  participantDatabase,
  signal,
  type ParticipantDatabase,
} from '../../../../test/setup/participant.js';
import { someoneWaitsForLock } from '../../../../test/setup/locks.js';
import { StepRejected } from '../errors.js';
import { Barrier, ReadOnly, type Work } from './barrier.js';
import { Reservations } from './reservations.js';
import { cleanInbox } from './retention.js';

let database: ParticipantDatabase;
let reservations: Reservations;
beforeEach(async () => {
  database = await participantDatabase();
  reservations = new Reservations(database.dataSource, LIMITS);
});
afterEach(() => database.drop());

const LIMITS = { handlerTimeoutMs: 8_000, lockTimeoutMs: 4_000 };
const YES = { outcome: 'succeeded', reply: {}, vote: 'commit' };
const DONE = { outcome: 'succeeded', reply: {} };
const HAZARD = { outcome: 'hazard' };
const HELD = { outcome: 'succeeded', reply: { held: 1 } };
const LATE = { outcome: 'rejected', reason: 'late-action' };

const hold: Work = async (db) => {
  await db.query(`insert into note values ('held')`);
  return { held: 1 };
};
const keep: Work = async (db) => {
  await db.query(`update note set text = 'kept'`);
};
const letGo: Work = async (db) => {
  await db.query('delete from note');
};
const never: Work = () => Promise.reject(new Error('user code ran'));

describe('a try', () => {
  it('reserves once, and votes commit however often it comes', async () => {
    const { prepare } = branch();
    expect(await reservations.try(prepare, hold)).toEqual(YES);
    expect(await reservations.try(prepare, never)).toEqual(YES);
    expect(await database.notes()).toEqual(['held']);
  });

  it('that rejects is the vote abort, stored', async () => {
    const { prepare, commit, abort } = branch();
    const no = { outcome: 'rejected', reason: 'no' };
    const reject = () => Promise.reject(new StepRejected('no'));
    expect(await reservations.try(prepare, reject)).toEqual(no);
    expect(await reservations.cancel(abort, never)).toEqual(DONE);
    expect(await reservations.confirm(commit, never)).toEqual(HAZARD);
    expect(await reservations.try(prepare, never)).toEqual(no);
  });

  it('that votes read-only says so ever after; to let go of it is nothing', async () => {
    const { prepare, abort } = branch();
    const vote = { outcome: 'succeeded', reply: { saw: 1 }, vote: 'read-only' };
    const see = () => Promise.resolve(new ReadOnly({ saw: 1 }));
    expect(await reservations.try(prepare, see)).toEqual(vote);
    expect(await reservations.try(prepare, never)).toEqual(vote);
    expect(await reservations.cancel(abort, never)).toEqual(DONE);
  });
});

describe('a confirm', () => {
  it("keeps what was reserved, once, and answers the try's reply (B8)", async () => {
    const { prepare, commit } = branch();
    await reservations.try(prepare, hold);
    const seen: unknown[] = [];
    const work: Work = async (db, tried) => {
      seen.push(tried);
      await keep(db, tried);
    };
    expect(await reservations.confirm(commit, work)).toEqual(HELD);
    expect(await reservations.confirm(commit, never)).toEqual(HELD);
    expect(seen).toEqual([{ request: prepare.data, reply: { held: 1 } }]);
    expect(await database.notes()).toEqual(['kept']);
    expect(await reservations.try(prepare, never)).toEqual(YES);
  });

  it('of a try that never came is a hazard, and shuts it out (B8)', async () => {
    const { prepare, commit } = branch();
    expect(await reservations.confirm(commit, never)).toEqual(HAZARD);
    expect(await reservations.confirm(commit, never)).toEqual(HAZARD);
    expect(await reservations.try(prepare, never)).toMatchObject(LATE);
  });

  it('of a cancelled try is a hazard (B8)', async () => {
    const { prepare, commit, abort } = branch();
    await reservations.try(prepare, hold);
    await reservations.cancel(abort, letGo);
    expect(await reservations.confirm(commit, never)).toEqual(HAZARD);
  });

  it.each([new Error('broken'), new StepRejected('no')])(
    'that fails leaves the try as it was: %p',
    async (error) => {
      const { prepare, commit } = branch();
      await reservations.try(prepare, hold);
      const work: Work = async (db, tried) => {
        await keep(db, tried);
        throw error;
      };
      await expect(reservations.confirm(commit, work)).rejects.toBe(error);
      expect(await database.notes()).toEqual(['held']);
      expect(await reservations.confirm(commit, keep)).toEqual(HELD);
    },
  );
});

describe('a cancel', () => {
  it('lets go what was reserved, once, and shuts a late try out (B9)', async () => {
    const { prepare, abort } = branch();
    await reservations.try(prepare, hold);
    const seen: unknown[] = [];
    const work: Work = async (db, tried) => {
      seen.push(tried);
      await letGo(db, tried);
    };
    expect(await reservations.cancel(abort, work)).toEqual(DONE);
    expect(await reservations.cancel(abort, never)).toEqual(DONE);
    expect(seen).toEqual([{ request: prepare.data, reply: { held: 1 } }]);
    expect(await reservations.try(prepare, never)).toMatchObject(LATE);
    expect(await database.notes()).toEqual([]);
  });

  it('of a try that never came runs no user code, and shuts it out (B9)', async () => {
    const { prepare, abort } = branch();
    expect(await reservations.cancel(abort, never)).toEqual(DONE);
    expect(await reservations.try(prepare, never)).toMatchObject(LATE);
  });

  it('of a confirmed try says that it is (B9)', async () => {
    const { prepare, commit, abort } = branch();
    await reservations.try(prepare, hold);
    await reservations.confirm(commit, keep);
    expect(await reservations.cancel(abort, never)).toEqual({ outcome: 'heuristic-commit' });
    expect(await database.notes()).toEqual(['kept']);
  });

  it('waits for the try under way, then lets go of it (B9)', async () => {
    const { prepare, abort } = branch();
    const [wrote, finish] = [signal(), signal()];
    const tried = reservations.try(prepare, async (db) => {
      await hold(db, null);
      wrote.give();
      await finish.promise;
      return { held: 1 };
    });
    await wrote.promise;
    const cancelled = reservations.cancel(abort, letGo);
    await someoneWaitsForLock(database.url);
    finish.give();
    expect(await Promise.all([tried, cancelled])).toEqual([YES, DONE]);
    expect(await database.notes()).toEqual([]);
  });
});

it.each(['confirm', 'cancel'])('a %s under way excludes the other (B8, B9)', async (first) => {
  const { prepare, commit, abort } = branch();
  await reservations.try(prepare, hold);
  const [reached, finish] = [signal(), signal()];
  const slow: Work = async (db, tried) => {
    await (first === 'confirm' ? keep : letGo)(db, tried);
    reached.give();
    await finish.promise;
  };
  const confirming = () => reservations.confirm(commit, first === 'confirm' ? slow : never);
  const cancelling = () => reservations.cancel(abort, first === 'cancel' ? slow : never);
  const one = first === 'confirm' ? confirming() : cancelling();
  await reached.promise;
  const other = first === 'confirm' ? cancelling() : confirming();
  await someoneWaitsForLock(database.url);
  finish.give();
  expect(await one).toEqual(first === 'confirm' ? HELD : DONE);
  expect(await other).toEqual(first === 'confirm' ? { outcome: 'heuristic-commit' } : HAZARD);
});

it('confirms at the same time run user code once (B8)', async () => {
  const { prepare, commit } = branch();
  await reservations.try(prepare, hold);
  let runs = 0;
  const work: Work = async (db, tried) => {
    runs += 1;
    await keep(db, tried);
  };
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => reservations.confirm(commit, work)),
  );
  expect(answers).toEqual(Array.from({ length: 8 }, () => HELD));
  expect(runs).toBe(1);
});

it('a decision from before the watermark without a row is expired, without effect (B7)', async () => {
  const { prepare, commit, abort } = branch();
  const now = () => prepare.startedAt + 40 * 86_400_000;
  await cleanInbox(database.dataSource, { retentionDays: 30, handlerTimeoutMs: 5_000, now });
  const expired = { outcome: 'expired' };
  expect(await reservations.try(prepare, never)).toEqual(expired);
  expect(await reservations.confirm(commit, never)).toEqual(expired);
  expect(await reservations.cancel(abort, never)).toEqual(expired);
  expect(await database.inbox()).toEqual([]);
});

it('what was confirmed can be undone by a compensation, which gets the try (B3)', async () => {
  const { prepare, commit } = branch();
  await reservations.try(prepare, hold);
  await reservations.confirm(commit, keep);
  const undo: Work = async (db, action) => {
    await letGo(db, action);
    return action?.reply;
  };
  const barrier = new Barrier(database.dataSource, LIMITS);
  expect(await barrier.carryOut({ ...commit, direction: 'compensation' }, undo)).toEqual(HELD);
  expect(await database.notes()).toEqual([]);
});
