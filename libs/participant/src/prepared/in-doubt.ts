import { setTimeout as pause } from 'node:timers/promises';
import type { PreparedReport, Resolved, ResolveOrder } from '@skald/core';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Recordable } from '../barrier/inbox.js';
import { withinLimit } from '../barrier/within-limit.js';
import { NotNow } from '../errors.js';
import type { Branch, Gids } from './gid.js';
import { findEnd, forgetHeuristic, recordHeuristic } from './heuristics.js';
import type { PreparedBarrier } from './prepared-barrier.js';
import { finish, listPrepared, listWithLocks, look } from './prepared-transactions.js';

export interface InDoubtOptions {
  readonly participant: string;
  readonly gids: Gids;
  /** Connections of their own. */
  readonly decisions: DataSource;
  readonly barrier: PreparedBarrier;
  readonly handlerTimeoutMs: number;
}

/** Most of the oldest prepared transactions in a report. */
const MAX_ITEMS = 500;

/** One that was seen without its locks. */
export interface Seen extends Branch {
  readonly gid: string;
  readonly ageMs: number;
}

/** What is prepared now, without locks, and how full the server is. */
export interface Overview {
  readonly used: number;
  readonly maxPrepared: number;
  /** Oldest first. */
  readonly items: readonly Seen[];
}

/** What is prepared in this database under this coordinator's name, to look at and for a human to finish. */
export class InDoubt {
  constructor(private readonly options: InDoubtOptions) {}

  overview(): Promise<Overview> {
    return this.run(async (runner) => {
      const { gids } = this.options;
      const { used, maxPrepared } = await look(runner, '');
      const found = await listPrepared(runner, gids.prefix);
      const items = found.flatMap(({ gid, ageMs }) => {
        const branch = gids.parse(gid);
        return branch ? [{ ...branch, gid, ageMs }] : [];
      });
      return { used, maxPrepared, items };
    });
  }

  /** All that operators want to know; at most the 500 oldest. */
  report(): Promise<PreparedReport> {
    return this.run(async (runner) => {
      const { gids, participant } = this.options;
      const { used, maxPrepared } = await look(runner, '');
      const found = await listWithLocks(runner, gids.prefix, MAX_ITEMS);
      const items = found.flatMap(({ gid, preparedAt, ageMs, locks }) => {
        const branch = gids.parse(gid);
        if (!branch) return [];
        const { transaction, step } = branch;
        const at = preparedAt.toISOString();
        return [{ gid, transaction, step, preparedAt: at, ageMs: Math.round(ageMs), locks }];
      });
      return { participant, maxPrepared, used, items };
    });
  }

  /**
   * Finishes a prepared transaction as a human says, which a later decision is told (B14). Undefined when
   * there is none of that gid, and never was.
   *
   * @throws NotNow when it is not ours to finish.
   */
  async resolve({ gid, outcome, by, reason }: ResolveOrder): Promise<Resolved | undefined> {
    const branch = this.options.gids.parse(gid);
    if (!branch) return undefined;
    const row = rowOf(branch, gid);
    const isOurs = await this.run(async (runner) => {
      if (!(await look(runner, gid)).isPrepared) return false;
      await recordHeuristic(runner, row, { outcome, by, reason });
      if (await finishes(runner, gid, outcome)) return true;
      await forgetHeuristic(runner, row);
      return false;
    });
    if (isOurs) {
      if (outcome === 'abort') await this.bar(row);
      return { gid, outcome, result: `heuristic-${outcome}` };
    }
    const end = await this.run((runner) => findEnd(runner, row));
    return end && { gid, outcome, result: `already-${end}` };
  }

  /** Shuts the door on what was rolled back; a late prepare that is under way is left to the decision. */
  private async bar(row: Recordable): Promise<void> {
    try {
      await this.options.barrier.abort(row);
    } catch (error) {
      if (!(error instanceof NotNow)) throw error;
    }
  }

  private run<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    return withinLimit(this.options.decisions, this.options.handlerTimeoutMs, work);
  }
}

/** The key of a branch's row, where no command says it. */
export function rowOf({ transaction, step, startedAt }: Branch, gid: string): Recordable {
  return { id: gid, transaction, step, startedAt, attempt: 1, data: null };
}

const BUSY_MS = 20;
const BUSY_LOOKS = 10;

/** Whether it was us who finished it. Somebody else who is at it is waited for. */
async function finishes(
  runner: QueryRunner,
  gid: string,
  outcome: ResolveOrder['outcome'],
): Promise<boolean> {
  for (let looks = 1; looks <= BUSY_LOOKS; looks++) {
    if ((await finish(runner, gid, outcome)) === 'finished') return true;
    if (!(await look(runner, gid)).isPrepared) return false;
    await pause(BUSY_MS);
  }
  throw new NotNow('busy', 'somebody else is finishing it');
}
