/**
 * The barrier of TCC: a try reserves, a confirm keeps what was reserved, a cancel lets it go. All three
 * share one row, that of the try (direction `prepare`), which moves on under its lock:
 *
 *     none -> succeeded | rejected | barred      succeeded -> confirmed | barred
 *
 * B8  A confirm runs user code once, and only on a try that succeeded and was not cancelled. Repeated it
 *     is answered the try's reply; without such a try it is `hazard`, and bars the try that never came.
 * B9  A cancel runs user code once, and only on a try that succeeded and was not confirmed. Whatever it
 *     finds else it leaves barred (or refused) without user code, so that a late try is refused.
 */
import type { CommandEvent, Reply } from '@skald/core';
import type { DataSource, QueryRunner } from 'typeorm';
import { attempts, commit, rollBack } from './attempts.js';
import { answer, Barrier, type Work } from './barrier.js';
import { Inbox, type InboxRow, type LockLimits } from './inbox.js';
import { NOTHING_TO_UNDO, storedAction, storedReply } from './stored-reply.js';
import { acknowledgement, isReadOnly, voteOf } from './vote.js';

const HAZARD: Reply = { outcome: 'hazard' };

export class Reservations {
  private readonly barrier: Barrier;
  private readonly inbox: Inbox;

  constructor(
    private readonly dataSource: DataSource,
    private readonly limits: LockLimits,
  ) {
    this.barrier = new Barrier(dataSource, limits);
    this.inbox = new Inbox(limits);
  }

  /** Votes commit when `work` reserved, or had. A refusal is stored and is the vote abort. */
  async try(command: CommandEvent, work: Work): Promise<Reply> {
    return voteOf(await this.barrier.carryOut(command, work));
  }

  /** Keeps what the try reserved. @throws whatever `work` threw; then nothing is stored. */
  confirm(command: CommandEvent, work: Work): Promise<Reply> {
    return this.decide(command, async (row, runner) => {
      if (row?.outcome === 'confirmed') return acknowledgement(storedReply(row));
      if (row?.outcome !== 'succeeded') return HAZARD;
      await work(runner.manager, storedAction(row));
      await this.inbox.moveTry(runner, command, 'confirmed');
      return acknowledgement(storedReply(row));
    });
  }

  /** Lets go what the try reserved. @throws whatever `work` threw; then nothing is stored. */
  cancel(command: CommandEvent, work: Work): Promise<Reply> {
    return this.decide(command, async (row, runner) => {
      if (row?.outcome === 'confirmed') return { outcome: 'heuristic-commit' };
      if (row?.outcome !== 'succeeded') return NOTHING_TO_UNDO;
      if (!isReadOnly(storedReply(row))) await work(runner.manager, storedAction(row));
      await this.inbox.moveTry(runner, command, 'barred');
      return NOTHING_TO_UNDO;
    });
  }

  /** `turn` gets the row of the try, locked, or undefined once the try is barred because it never came. */
  private decide(
    command: CommandEvent,
    turn: (row: InboxRow | undefined, runner: QueryRunner) => Promise<Reply>,
  ): Promise<Reply> {
    return attempts(this.dataSource, this.limits.handlerTimeoutMs, async (runner) => {
      await runner.startTransaction();
      try {
        const row = await this.inbox.lockTry(runner, command);
        const reply = row ? await turn(row, runner) : await this.withoutRow(runner, command, turn);
        await commit(runner);
        return reply;
      } catch (error) {
        await rollBack(runner);
        throw error;
      }
    });
  }

  private async withoutRow(
    runner: QueryRunner,
    command: CommandEvent,
    turn: (row: InboxRow | undefined, runner: QueryRunner) => Promise<Reply>,
  ): Promise<Reply> {
    const bar = { direction: 'prepare', outcome: 'barred' } as const;
    const recorded = await this.inbox.record(runner, command, bar);
    if (recorded.kind === 'expired') return answer(recorded);
    if (recorded.kind === 'new') return turn(undefined, runner);
    return turn(await this.inbox.lockTry(runner, command), runner);
  }
}
