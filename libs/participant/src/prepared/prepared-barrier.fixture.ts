import type { DataSource, EntityManager } from 'typeorm';
import type { Work } from '../barrier/barrier.js';
import { Gids } from './gid.js';
import { InDoubt } from './in-doubt.js';
import { PreparedBarrier, type PreparedBarrierOptions } from './prepared-barrier.js';

interface Database {
  readonly dataSource: DataSource;
}

export const gids = new Gids('skald');

/** The barrier of a process that works on `database`. */
export function barrierOn(
  { dataSource }: Database,
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

/** What a human sees and orders in the same process. */
export function inDoubtOn({ dataSource }: Database, barrier: PreparedBarrier): InDoubt {
  const options = { participant: 'notes', handlerTimeoutMs: 5_000, decisions: dataSource };
  return new InDoubt({ ...options, gids, barrier });
}
