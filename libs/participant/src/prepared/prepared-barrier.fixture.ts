import type { EntityManager } from 'typeorm';
import type { ParticipantDatabase } from '../../../../test/setup/participant.js';
import { signal } from '../../../../test/setup/participant.js';
import type { Work } from '../barrier/barrier.js';
import { Gids } from './gid.js';
import { InDoubt } from './in-doubt.js';
import { PreparedBarrier, type PreparedBarrierOptions } from './prepared-barrier.js';

export const gids = new Gids('skald');

/** The barrier of a process that works on `database`. */
export function barrierOn(
  { dataSource }: ParticipantDatabase,
  options: Partial<PreparedBarrierOptions> = {},
): PreparedBarrier {
  return new PreparedBarrier({
    handlerTimeoutMs: 5_000,
    lockTimeoutMs: 1_000,
    maxPrepared: 1_000,
    gids,
    dataSource,
    decisions: dataSource,
    ...options,
  });
}

export function insert(db: EntityManager, text: string): Promise<unknown> {
  return db.query('insert into note values ($1)', [text]);
}

export function write(text: string): Work {
  return async (db) => {
    await insert(db, text);
    return { wrote: text };
  };
}

export const never: Work = () => Promise.reject(new Error('user code ran'));

/** User code that has written and waits until it is told how to end. */
export function held(text = 'held') {
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

/** What a human sees and orders in the same process. */
export function inDoubtOn({ dataSource }: ParticipantDatabase, barrier: PreparedBarrier): InDoubt {
  const options = { participant: 'notes', handlerTimeoutMs: 5_000, decisions: dataSource };
  return new InDoubt({ ...options, gids, barrier });
}
