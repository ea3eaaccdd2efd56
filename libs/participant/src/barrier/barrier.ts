/**
 * The participant's barrier: at most one effect per (transaction, step, direction), and never an
 * action after its compensation.
 *
 * B1  The inbox row and the handler's writes are one database transaction: both stay or neither.
 * B2  A command that has a row runs no user code; it is answered by what the row says.
 * B3  A compensation that finds no successful action runs no user code: it bars the action, succeeds.
 * B4  A barred action is refused (`late-action`), whoever barred it.
 * B5  A refusal is stored only where a no is final, in a database transaction of its own, after the
 *     rollback of all that the handler wrote; if another attempt decided meanwhile, that one counts.
 * B6  Any other error rolls back and stores nothing: the reply is `failed`, and may be asked again.
 * B7  A command without a row that began before the watermark has no effect: `expired`.
 */
import { asReply, type CommandEvent, type Reply } from '@skald/core';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { ContractBroken, HandlerTimeout, StepRejected } from '../errors.js';
import type { StoredAction } from '../handler-context.js';
import { isContention } from './contention.js';
import { Inbox, type InboxRow, type LockLimits, type Recorded } from './inbox.js';
import { withinLimit } from './within-limit.js';

/** User code: gets the database transaction and, in a compensation, its action; returns the reply. */
export type Work = (db: EntityManager, action: StoredAction | null) => Promise<unknown>;

const NULL_COMPENSATION: Reply = { outcome: 'succeeded', reply: {} };
const LATE_ACTION: Reply = {
  outcome: 'rejected',
  reason: 'late-action',
  detail: 'the action was barred before it came',
};

/** As much as the coordinator's API takes as an input; brokers and envelopes carry several of them. */
const MAX_REPLY_BYTES = 256 * 1024;
/** How often deadlocks, lock time-outs and serialization failures are tried before they are told. */
const TRIES = 3;
const BACKOFF_MS = 25;

export class Barrier {
  private readonly inbox: Inbox;

  constructor(
    private readonly dataSource: DataSource,
    private readonly limits: LockLimits,
  ) {
    this.inbox = new Inbox(limits);
  }

  /**
   * Carries out one command within the handler's limit and returns the reply to send, after commit.
   *
   * @throws whatever `work` or the database threw, when nothing is stored (B6).
   */
  async carryOut(command: CommandEvent, work: Work): Promise<Reply> {
    const endsAt = performance.now() + this.limits.handlerTimeoutMs;
    for (let tries = 1; ; tries++) {
      const leftMs = endsAt - performance.now();
      if (leftMs <= 0) throw new HandlerTimeout(this.limits.handlerTimeoutMs);
      try {
        return await withinLimit(this.dataSource, leftMs, (runner) =>
          command.direction === 'bar' ? this.bar(runner, command) : this.run(runner, command, work),
        );
      } catch (error) {
        if (!isContention(error) || tries === TRIES) throw error;
        await pause(Math.random() * BACKOFF_MS * tries);
      }
    }
  }

  private async run(runner: QueryRunner, command: CommandEvent, work: Work): Promise<Reply> {
    await runner.startTransaction();
    try {
      const { reply, isNew } = await this.effect(runner, command, work);
      if (!isNew) {
        await rollBack(runner);
        return reply;
      }
      await this.inbox.complete(runner, command, serialized(reply));
      while (runner.isTransactionActive) await runner.commitTransaction();
      return reply;
    } catch (error) {
      await rollBack(runner);
      if (!(error instanceof StepRejected)) throw error;
      return this.refuse(runner, command, error);
    }
  }

  private async effect(
    runner: QueryRunner,
    command: CommandEvent,
    work: Work,
  ): Promise<{ reply: Reply; isNew: boolean }> {
    if (command.direction === 'compensation') {
      const recorded = await this.inbox.recordCompensation(runner, command);
      if (recorded.kind !== 'new') return { reply: answer(recorded, command), isNew: false };
      if (!recorded.action) return { reply: NULL_COMPENSATION, isNew: true };
      return { reply: await succeed(runner, work, storedAction(recorded.action)), isNew: true };
    }
    const recorded = await this.inbox.record(runner, command, { outcome: null });
    if (recorded.kind !== 'new') return { reply: answer(recorded, command), isNew: false };
    return { reply: await succeed(runner, work, null), isNew: true };
  }

  private async refuse(
    runner: QueryRunner,
    command: CommandEvent,
    { reason, detail }: StepRejected,
  ): Promise<Reply> {
    const reply: Reply = { outcome: 'rejected', reason, ...(detail !== undefined && { detail }) };
    if (!command.isRefusable) return reply;
    const row = { outcome: 'rejected', reply: JSON.stringify(reply) } as const;
    const recorded = await this.inbox.record(runner, command, row);
    return recorded.kind === 'new' ? reply : answer(recorded, command);
  }

  private async bar(runner: QueryRunner, command: CommandEvent): Promise<Reply> {
    const recorded = await this.inbox.record(runner, command, { outcome: 'barred' });
    return recorded.kind === 'new' ? { outcome: 'barred' } : answer(recorded, command);
  }
}

/** @throws ContractBroken before anything is committed whose reply could never be delivered. */
function serialized(reply: Reply): string {
  const text = JSON.stringify(reply);
  if (Buffer.byteLength(text) <= MAX_REPLY_BYTES) return text;
  throw new ContractBroken('reply-invalid', `larger than ${MAX_REPLY_BYTES} bytes`);
}

async function succeed(
  runner: QueryRunner,
  work: Work,
  action: StoredAction | null,
): Promise<Reply> {
  return { outcome: 'succeeded', reply: await work(runner.manager, action) };
}

function answer(recorded: Exclude<Recorded, { kind: 'new' }>, command: CommandEvent): Reply {
  if (recorded.kind === 'expired') return { outcome: 'expired' };
  if (recorded.row.outcome !== 'barred') return storedReply(recorded.row);
  return command.direction === 'bar' ? { outcome: 'barred' } : LATE_ACTION;
}

function storedReply(row: InboxRow): Reply {
  const reply = asReply(JSON.parse(row.reply ?? 'null'));
  if (!reply) throw new Error('the inbox row holds no reply');
  return reply;
}

function storedAction(row: InboxRow): StoredAction {
  const reply = storedReply(row);
  return {
    request: JSON.parse(row.request ?? 'null') as unknown,
    reply: reply.outcome === 'succeeded' ? reply.reply : null,
  };
}

/** Ends the database transaction whatever depth of savepoints the handler left, or leaves it to a cut. */
async function rollBack(runner: QueryRunner): Promise<void> {
  try {
    while (runner.isTransactionActive && !runner.isReleased) await runner.rollbackTransaction();
  } catch {
    // The connection is gone, and with it the database transaction; the first error tells why.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
