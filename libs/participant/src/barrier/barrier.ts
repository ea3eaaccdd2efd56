/**
 * The participant's barrier: at most one effect per (transaction, step, direction), and never an
 * action after its compensation. While an action runs, others wait for its lock, and its row comes last; all
 * else inserts its row first, which the others wait for (docs/decisions/0017).
 *
 * B1  The inbox row and the handler's writes are one database transaction: both stay or neither.
 * B2  A command that has a row runs no user code; it is answered by what the row says.
 * B3  A compensation that finds no successful action runs no user code: it bars the action, succeeds. That
 *     of a branch looks for what the branch prepared and committed, or confirmed, in its round.
 * B4  A barred action is refused (`late-action`), whoever barred it.
 * B5  A refusal is stored only where a no is final, in a database transaction of its own, after the
 *     rollback of all that the handler wrote; if another attempt decided meanwhile, that one counts.
 * B6  Any other error rolls back and stores nothing: the reply is `failed`, and may be asked again.
 * B7  A command without a row that began before the watermark has no effect: `expired`.
 */
import type { CommandEvent, Reply } from '@skald/core';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { StepRejected } from '../errors.js';
import type { StoredAction } from '../handler-context.js';
import { ActionInbox } from './action-inbox.js';
import { attempts, commit, rollBack } from './attempts.js';
import { Inbox, type LockLimits, type Recorded } from './inbox.js';
import {
  LATE_ACTION,
  NOTHING_TO_UNDO,
  serialized,
  storedAction,
  storedReply,
} from './stored-reply.js';

/**
 * User code: gets the database transaction and, where it follows another command, what that one was
 * asked and answered; returns the reply.
 */
export type Work = (db: EntityManager, action: StoredAction | null) => Promise<unknown>;

/** What `Work` returns instead of a bare reply when it asks for a read-only vote. */
export class ReadOnly {
  constructor(readonly reply: unknown) {}
}

export class Barrier {
  private readonly inbox: Inbox;
  private readonly actions: ActionInbox;

  constructor(
    private readonly dataSource: DataSource,
    private readonly limits: LockLimits,
  ) {
    this.inbox = new Inbox(limits);
    this.actions = new ActionInbox(limits);
  }

  /**
   * Carries out one command within the handler's limit and returns the reply to send, after commit.
   *
   * @throws whatever `work` or the database threw, when nothing is stored (B6).
   */
  carryOut(command: CommandEvent, work: Work): Promise<Reply> {
    return attempts(this.dataSource, this.limits.handlerTimeoutMs, (runner) => {
      if (command.direction === 'action') return this.act(runner, command, work);
      if (command.direction === 'bar') return this.bar(runner, command);
      return this.run(runner, command, work);
    });
  }

  /** An action: locked first, so that its row need be written only once, at the end, with the reply. */
  private async act(runner: QueryRunner, command: CommandEvent, work: Work): Promise<Reply> {
    try {
      const opened = await this.actions.open(runner, command);
      if (opened.kind === 'new') {
        const reply = success(command, await work(runner.manager, null));
        await this.actions.close(runner, command, opened.place, serialized(reply));
        return reply;
      }
      await rollBack(runner);
      return opened.kind === 'unseen' ? await this.run(runner, command, work) : answer(opened);
    } catch (error) {
      return this.giveUp(runner, command, error);
    }
  }

  /** Any other: its row first, which waits for whoever has one, then the reply. */
  private async run(runner: QueryRunner, command: CommandEvent, work: Work): Promise<Reply> {
    await runner.startTransaction();
    try {
      const { reply, isNew } = await this.effect(runner, command, work);
      if (!isNew) {
        await rollBack(runner);
        return reply;
      }
      await this.inbox.complete(runner, command, serialized(reply));
      await commit(runner);
      return reply;
    } catch (error) {
      return this.giveUp(runner, command, error);
    }
  }

  private async giveUp(runner: QueryRunner, command: CommandEvent, error: unknown): Promise<Reply> {
    await rollBack(runner);
    if (!(error instanceof StepRejected)) throw error;
    return refuse({ runner, inbox: this.inbox }, command, error);
  }

  private async effect(
    runner: QueryRunner,
    command: CommandEvent,
    work: Work,
  ): Promise<{ reply: Reply; isNew: boolean }> {
    if (command.direction === 'compensation') {
      const recorded = await this.inbox.recordCompensation(runner, command);
      if (recorded.kind !== 'new') return { reply: answer(recorded), isNew: false };
      if (!recorded.action) return { reply: NOTHING_TO_UNDO, isNew: true };
      const result = await work(runner.manager, storedAction(recorded.action));
      return { reply: success(command, result), isNew: true };
    }
    const recorded = await this.inbox.record(runner, command, {
      direction: command.direction,
      outcome: null,
    });
    if (recorded.kind !== 'new') return { reply: answer(recorded), isNew: false };
    return { reply: success(command, await work(runner.manager, null)), isNew: true };
  }

  private async bar(runner: QueryRunner, command: CommandEvent): Promise<Reply> {
    const bar = { direction: 'action', outcome: 'barred' } as const;
    const recorded = await this.inbox.record(runner, command, bar);
    const isBarred =
      recorded.kind === 'new' || (recorded.kind === 'stored' && recorded.row.outcome === 'barred');
    return isBarred ? { outcome: 'barred' } : answer(recorded);
  }
}

/**
 * Stores a refusal where a no is final, after the rollback of all that the handler wrote (B5), and gives
 * the reply: that of another attempt, if one decided meanwhile.
 */
export async function refuse(
  { runner, inbox }: { readonly runner: QueryRunner; readonly inbox: Inbox },
  command: CommandEvent,
  { reason, detail }: StepRejected,
): Promise<Reply> {
  const reply: Reply = { outcome: 'rejected', reason, ...(detail !== undefined && { detail }) };
  if (!command.isRefusable) return reply;
  const { direction } = command;
  const row = { direction, outcome: 'rejected', reply: JSON.stringify(reply) } as const;
  const recorded = await inbox.record(runner, command, row);
  return recorded.kind === 'new' ? reply : answer(recorded);
}

/** The reply that what the handler returned makes; a read-only vote only where votes are asked for. */
export function success(command: CommandEvent, result: unknown): Reply {
  if (!(result instanceof ReadOnly)) return { outcome: 'succeeded', reply: result };
  const { reply } = result;
  if (command.direction !== 'prepare') return { outcome: 'succeeded', reply };
  return { outcome: 'succeeded', reply, vote: 'read-only' };
}

/** The reply to a command that found a row, or came too late to find one. */
export function answer(recorded: Exclude<Recorded, { kind: 'new' }>): Reply {
  if (recorded.kind === 'expired') return { outcome: 'expired' };
  return recorded.row.outcome === 'barred' ? LATE_ACTION : storedReply(recorded.row);
}
