/**
 * The barrier of branches that are prepared in PostgreSQL. One row per round (direction `prepare`) lies in
 * the prepared database transaction, where nobody sees it, and whoever inserts it again waits. So prepare,
 * commit and abort first look for the gid in pg_prepared_xacts, then insert under a short lock time-out,
 * and look again when that runs out. Seen from outside, a branch is
 *
 *     none -> under way -> prepared -> committed | barred      none -> refused | read-only | barred
 *
 * and `under way` ends as `none` when its database transaction ends without being prepared.
 *
 * B10 A vote commit is given only when the gid is prepared or its row is committed: never before PREPARE
 *     TRANSACTION has answered. The barrier row and all that the handler wrote are prepared together.
 * B11 Who finds a branch under way answers `failed` and is asked again: never a vote, never a hazard.
 * B12 An abort is acknowledged only when nothing is prepared and the row is there to stay (barred, refused
 *     or read-only): no prepare votes commit after that.
 * B13 A commit that finds the branch neither prepared nor committed is `hazard`, and bars it: a later
 *     prepare does nothing. A commit of what is committed is answered by the stored reply.
 * B14 Branches that a human finished are answered `heuristic-commit` or `heuristic-abort`. An order is
 *     stored before it is carried out, and counts only where the branch is as it says.
 * B15 A full server is no vote: `prepared-limit`. New prepares leave half of the slots of the server
 *     free; decisions have connections of their own, and so never wait for handlers.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { CommandEvent, Reply } from '@skald/core';
import type { DataSource, QueryRunner } from 'typeorm';
import { commit, rollBack } from '../barrier/attempts.js';
import { answer, ReadOnly, refuse, success, type Work } from '../barrier/barrier.js';
import { isLockTimeout } from '../barrier/contention.js';
import {
  Inbox,
  type InboxRow,
  type LockLimits,
  type Recordable,
  type Recorded,
} from '../barrier/inbox.js';
import { NOTHING_TO_UNDO, serialized, storedReply } from '../barrier/stored-reply.js';
import { acknowledgement, isReadOnly, VOTE_COMMIT, voteOf } from '../barrier/vote.js';
import { withinLimit } from '../barrier/within-limit.js';
import { NotNow, StepRejected } from '../errors.js';
import type { Branch, Gids } from './gid.js';
import { findHeuristic, type Heuristic } from './heuristics.js';
import {
  finish,
  hasWritten,
  look,
  prepare,
  type DecidedOutcome,
  type Look,
} from './prepared-transactions.js';

export interface PreparedBarrierOptions extends LockLimits {
  readonly gids: Gids;
  /** Where handlers run. */
  readonly dataSource: DataSource;
  /** Connections of their own for decisions. */
  readonly decisions: DataSource;
  /** Most that may be prepared in this database. Half of what the server can hold is left free besides. */
  readonly maxPrepared: number;
}

/** How long an insert waits for a row that may be another attempt's, or prepared. Milliseconds. */
const ROW_TIMEOUT_MS = 200;
/** How often a decision looks again at a branch that is under way, or that another one is finishing. */
const LOOKS = 4;
const LOOK_AGAIN_MS = 20;
const ASK_AGAIN_MS = 250;

const HAZARD: Reply = { outcome: 'hazard' };

export class PreparedBarrier {
  private readonly inbox: Inbox;
  private underWay = 0;

  constructor(private readonly options: PreparedBarrierOptions) {
    const { handlerTimeoutMs } = options;
    this.inbox = new Inbox({ handlerTimeoutMs, lockTimeoutMs: ROW_TIMEOUT_MS });
  }

  /**
   * Runs `work` and prepares what it wrote, once; votes.
   *
   * @throws NotNow, or whatever `work` or the database threw, when nothing is prepared or stored.
   */
  prepare(command: CommandEvent, work: Work): Promise<Reply> {
    const { dataSource, handlerTimeoutMs } = this.options;
    return withinLimit(dataSource, handlerTimeoutMs, async (runner) => {
      const seen = await look(runner, this.gidOf(command));
      if (seen.isPrepared) return VOTE_COMMIT;
      this.assertRoom(seen);
      this.underWay++;
      try {
        return await this.run(runner, command, work);
      } finally {
        this.underWay--;
      }
    });
  }

  /** Commits the branch. @throws NotNow while it is under way. */
  commit(command: Recordable): Promise<Reply> {
    return this.decide(command, 'commit');
  }

  /** Rolls the branch back, and shuts the door on it. @throws NotNow while it is under way. */
  abort(command: Recordable): Promise<Reply> {
    return this.decide(command, 'abort');
  }

  private gidOf(branch: Branch): string {
    return this.options.gids.of(branch);
  }

  private assertRoom({ used, usedHere, maxPrepared }: Look): void {
    const left = Math.floor(maxPrepared / 2) - used;
    const leftHere = this.options.maxPrepared - usedHere;
    if (this.underWay < Math.min(left, leftHere)) return;
    const detail =
      `${used} transactions are prepared at this server, ${usedHere} in this database, ` +
      `and ${this.underWay} are under way: the limit is reached`;
    throw new NotNow('prepared-limit', detail, { afterMs: ASK_AGAIN_MS });
  }

  private async run(runner: QueryRunner, command: CommandEvent, work: Work): Promise<Reply> {
    await runner.startTransaction();
    try {
      const recorded = await this.record(runner, command, null);
      if (recorded?.kind !== 'new') {
        await rollBack(runner);
        return await (recorded ? voteOf(answer(recorded)) : this.voteOfAnother(runner, command));
      }
      return await this.carryOut(runner, command, work);
    } catch (error) {
      await rollBack(runner);
      if (!(error instanceof StepRejected)) throw error;
      return this.refuse(runner, command, error);
    }
  }

  private async carryOut(runner: QueryRunner, command: CommandEvent, work: Work): Promise<Reply> {
    await setLockTimeout(runner, this.options.lockTimeoutMs);
    const result = await work(runner.manager, null);
    if (result instanceof ReadOnly && !(await hasWritten(runner))) {
      const reply = success(command, result);
      await this.inbox.complete(runner, command, serialized(reply));
      await commit(runner);
      return reply;
    }
    const reply = result instanceof ReadOnly ? result.reply : result;
    await this.inbox.complete(runner, command, serialized({ outcome: 'succeeded', reply }));
    await prepare(runner, this.gidOf(command));
    return VOTE_COMMIT;
  }

  private async refuse(
    runner: QueryRunner,
    command: CommandEvent,
    error: StepRejected,
  ): Promise<Reply> {
    try {
      return voteOf(await refuse({ runner, inbox: this.inbox }, command, error));
    } catch (cause) {
      if (!isLockTimeout(cause)) throw cause;
      return this.voteOfAnother(runner, command);
    }
  }

  /** After an insert waited in vain: whoever has the row is prepared by now, or still at it. */
  private async voteOfAnother(runner: QueryRunner, command: CommandEvent): Promise<Reply> {
    if ((await look(runner, this.gidOf(command))).isPrepared) return VOTE_COMMIT;
    throw underWay();
  }

  private decide(command: Recordable, outcome: DecidedOutcome): Promise<Reply> {
    const { decisions, handlerTimeoutMs } = this.options;
    return withinLimit(decisions, handlerTimeoutMs, async (runner) => {
      for (let looks = 1; looks <= LOOKS; looks++) {
        const end = await this.end(runner, command, outcome);
        if (end) return outcome === 'commit' ? committed(end) : aborted(end);
        await pause(LOOK_AGAIN_MS);
      }
      throw underWay();
    });
  }

  /**
   * Finishes the branch if it is prepared, and bars it unless it has a row. Undefined when it is under way,
   * or about to be finished by somebody else.
   */
  private async end(
    runner: QueryRunner,
    command: Recordable,
    outcome: DecidedOutcome,
  ): Promise<End | undefined> {
    const gid = this.gidOf(command);
    const { isPrepared } = await look(runner, gid);
    if (isPrepared && (await finish(runner, gid, outcome)) === 'gone') return undefined;
    const recorded = await this.record(runner, command, 'barred');
    if (!recorded) return undefined;
    // What we finished ourselves no human did. Nor can it be prepared again, even if it is too old to bar.
    if (isPrepared) return { row: rowOf(recorded), isExpired: false, heuristic: undefined };
    const heuristic = await findHeuristic(runner, command);
    return { row: rowOf(recorded), isExpired: recorded.kind === 'expired', heuristic };
  }

  /** Undefined when another database transaction, prepared or not, has the row and keeps it. */
  private async record(
    runner: QueryRunner,
    command: Recordable,
    outcome: 'barred' | null,
  ): Promise<Recorded | undefined> {
    try {
      return await this.inbox.record(runner, command, { direction: 'prepare', outcome });
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      return undefined;
    }
  }
}

function underWay(): NotNow {
  const detail = 'another attempt to prepare this branch has not ended yet';
  return new NotNow('prepare-under-way', detail, { afterMs: ASK_AGAIN_MS });
}

/** How a branch was left. */
interface End {
  /** Undefined = barred just now. */
  readonly row: InboxRow | undefined;
  readonly isExpired: boolean;
  readonly heuristic: Heuristic | undefined;
}

function rowOf(recorded: Recorded): InboxRow | undefined {
  return recorded.kind === 'stored' ? recorded.row : undefined;
}

function committed({ row, isExpired, heuristic }: End): Reply {
  if (isExpired) return { outcome: 'expired' };
  if (row?.outcome !== 'succeeded') {
    return heuristic === 'heuristic-abort' ? { outcome: heuristic } : HAZARD;
  }
  return heuristic === 'heuristic-commit'
    ? { outcome: heuristic }
    : acknowledgement(storedReply(row));
}

function aborted({ row, isExpired, heuristic }: End): Reply {
  if (isExpired) return { outcome: 'expired' };
  if (row?.outcome === 'succeeded' && !isReadOnly(storedReply(row))) {
    return { outcome: 'heuristic-commit' };
  }
  return heuristic === 'heuristic-abort' ? { outcome: heuristic } : NOTHING_TO_UNDO;
}

async function setLockTimeout(runner: QueryRunner, ms: number): Promise<void> {
  await runner.query(`select set_config('lock_timeout', $1, true)`, [`${ms}`]);
}
