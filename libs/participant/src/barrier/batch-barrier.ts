/**
 * The barrier for many actions at once. It keeps B1 to B7 of the single one for each of them, because
 * whatever is not plain is left to that one:
 *
 * B17 A batch is one database transaction: the rows and writes of all its actions stay, or none of them.
 * B18 Only actions without a row take part; user code sees no other. Whoever has a row, or comes too late
 *     for one, is carried out alone afterwards, and so is everybody when anything fails.
 * B19 A refusal of one action leaves the others as they are. It is stored with them where a no is final;
 *     where none is, the batch is given up.
 */
import type { CommandEvent, Reply } from '@skald/core';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { StepRejected } from '../errors.js';
import { rollBack } from './attempts.js';
import { BatchInbox, type Outcome } from './batch-inbox.js';
import type { LockLimits } from './inbox.js';
import { serialized } from './stored-reply.js';
import { withinLimit } from './within-limit.js';

/**
 * User code: gets the database transaction and the actions to carry out in it; returns for each, in their
 * order, its reply, or a `StepRejected` for one that it wrote nothing for.
 */
export type BatchWork = (
  db: EntityManager,
  commands: readonly CommandEvent[],
) => Promise<readonly unknown[]>;

export class BatchBarrier {
  private readonly inbox: BatchInbox;

  constructor(
    private readonly dataSource: DataSource,
    private readonly limits: LockLimits,
  ) {
    this.inbox = new BatchInbox(limits);
  }

  /**
   * Carries out actions within the handler's limit. Returns the replies to send, after commit, of those that
   * took part; the others are to be carried out alone.
   *
   * @throws whatever `work` or the database threw: then nothing is stored, and all are to be carried out alone.
   */
  carryOut(
    commands: readonly CommandEvent[],
    work: BatchWork,
  ): Promise<ReadonlyMap<CommandEvent, Reply>> {
    // After contention it is not tried again whole: alone, the others need not wait for the one in trouble.
    return withinLimit(this.dataSource, this.limits.handlerTimeoutMs, (runner) =>
      this.run(runner, commands, work),
    );
  }

  private async run(
    runner: QueryRunner,
    commands: readonly CommandEvent[],
    work: BatchWork,
  ): Promise<ReadonlyMap<CommandEvent, Reply>> {
    try {
      const { mine, place } = await this.inbox.open(runner, commands);
      if (mine.length === 0) {
        await rollBack(runner);
        return new Map();
      }
      const outcomes = outcomesOf(mine, await work(runner.manager, mine));
      await this.inbox.close(runner, outcomes, place);
      return new Map(outcomes.map(({ command, reply }) => [command, reply]));
    } catch (error) {
      await rollBack(runner);
      throw error;
    }
  }
}

function outcomesOf(commands: readonly CommandEvent[], results: readonly unknown[]): Outcome[] {
  return commands.map((command, index) => {
    const result = results[index];
    if (!(result instanceof StepRejected)) {
      const reply: Reply = { outcome: 'succeeded', reply: result };
      return { command, outcome: 'succeeded', reply, text: serialized(reply) };
    }
    if (!command.isRefusable) throw result; // Nothing may be stored of it: it is to be rolled back, alone.
    const { reason, detail } = result;
    const reply: Reply = { outcome: 'rejected', reason, ...(detail !== undefined && { detail }) };
    return { command, outcome: 'rejected', reply, text: serialized(reply) };
  });
}
