import type { CommandEvent, Operation, Reply } from '@skald/core';
import type { EntityManager } from 'typeorm';
import { Barrier, ReadOnly, type Work } from '../barrier/barrier.js';
import type { BatchBarrier } from '../barrier/batch-barrier.js';
import { Reservations } from '../barrier/reservations.js';
import { NotNow } from '../errors.js';
import {
  infoOf,
  type HandlerContext,
  type StoredAction,
  type TryContext,
} from '../handler-context.js';
import type { PreparedBarrier } from '../prepared/prepared-barrier.js';
import { executeAlone, executeTogether } from './batch-work.js';
import { call, fit, type NestHandler } from './call-handler.js';
import type { Handling } from './handler-table.js';

/** An operation and how it is handled. */
export interface Target {
  readonly operation: Operation;
  readonly handling: Handling;
}

interface Barriers {
  readonly barrier: Barrier;
  readonly batches: BatchBarrier;
  readonly reservations: Reservations;
  /** Undefined where nothing is ever prepared. */
  readonly prepared: PreparedBarrier | undefined;
}

/** Chooses what guards a command, and which handler it reaches, by its direction and its operation's kind. */
export class Executor {
  constructor(private readonly barriers: Barriers) {}

  /** Carries out one command. @throws what went wrong, when nothing was done. */
  execute(target: Target, command: CommandEvent): Promise<Reply> {
    switch (command.direction) {
      case 'action':
      case 'compensation':
      case 'bar':
        return this.barriers.barrier.carryOut(command, actionOf(target, command));
      case 'prepare':
        return this.prepare(target, command);
      case 'commit':
      case 'abort':
        return this.decide(target, command);
    }
  }

  /**
   * Carries out actions of an operation that is `batched`; gives the replies of those that took part. The
   * others are to be executed alone.
   *
   * @throws what went wrong, when nothing was done.
   */
  executeTogether(
    { operation, handling }: Target,
    commands: readonly CommandEvent[],
  ): Promise<ReadonlyMap<CommandEvent, Reply>> {
    if (handling.kind !== 'batched') return Promise.resolve(new Map());
    const target = { operation, handler: handling.handlesBatch };
    return executeTogether(this.barriers.batches, target, commands);
  }

  private prepare({ operation, handling }: Target, command: CommandEvent): Promise<Reply> {
    switch (handling.kind) {
      case 'prepared':
        return this.preparedBarrier.prepare(command, voting(operation, handling.prepares, command));
      case 'reserved':
        return this.barriers.reservations.try(command, voting(operation, handling.tries, command));
      case 'plain':
      case 'batched': {
        const detail = 'the operation can be no branch: it is neither @Prepares nor @Tries';
        return Promise.reject(new NotNow('not-two-phase', detail));
      }
    }
  }

  private decide({ operation, handling }: Target, command: CommandEvent): Promise<Reply> {
    const { direction } = command;
    if (handling.kind === 'prepared') {
      return direction === 'commit'
        ? this.preparedBarrier.commit(command)
        : this.preparedBarrier.abort(command);
    }
    // Of an operation that can be no branch no try is found, and so no handler is needed.
    const { reservations } = this.barriers;
    const handlers = handling.kind === 'reserved' ? handling : undefined;
    return direction === 'commit'
      ? reservations.confirm(command, following(operation, handlers?.confirms, command))
      : reservations.cancel(command, following(operation, handlers?.cancels, command));
  }

  private get preparedBarrier(): PreparedBarrier {
    const { prepared } = this.barriers;
    if (!prepared) throw new Error('nothing can be prepared here');
    return prepared;
  }
}

/** What an action does: also that of a branch which is its transaction's only one, and decides alone. */
function actionOf(target: Target, command: CommandEvent): Work {
  const { operation, handling } = target;
  switch (handling.kind) {
    case 'plain':
      return async (db, action) => {
        const request = fit(operation.request, command.data, 'request-invalid');
        const reply = await call(handling.handles, request, contextOf(command, db, action));
        return fit(operation.reply, reply, 'reply-invalid');
      };
    case 'batched': {
      const handler = handling.handlesBatch;
      return (db, action) => executeAlone({ operation, handler }, command, { db, action });
    }
    case 'prepared':
      return voting(operation, handling.prepares, command);
    case 'reserved': {
      const tries = voting(operation, handling.tries, command);
      const confirms = following(operation, handling.confirms, command);
      return async (db) => {
        const result = await tries(db, null);
        if (result instanceof ReadOnly) return result;
        await confirms(db, { request: command.data, reply: result });
        return result;
      };
    }
  }
}

/** A handler that may vote read-only. */
function voting(operation: Operation, handler: NestHandler, command: CommandEvent): Work {
  return async (db) => {
    const request = fit(operation.request, command.data, 'request-invalid');
    const vote = { isReadOnly: false };
    const context: TryContext = {
      db,
      command: infoOf(command),
      action: null,
      readOnly: () => {
        vote.isReadOnly = true;
      },
      reservedUntil: await reservedUntil(operation, db),
    };
    const reply = fit(operation.reply, await call(handler, request, context), 'reply-invalid');
    return vote.isReadOnly ? new ReadOnly(reply) : reply;
  };
}

/** A handler that decides what becomes of a try. */
function following(
  operation: Operation,
  handler: NestHandler | undefined,
  command: CommandEvent,
): Work {
  return async (db, action) => {
    if (!handler) throw new Error('a try without a handler');
    const request = fit(operation.request, command.data, 'request-invalid');
    await call(handler, request, contextOf(command, db, action));
  };
}

function contextOf(
  command: CommandEvent,
  db: EntityManager,
  action: StoredAction | null,
): HandlerContext {
  return { db, command: infoOf(command), action };
}

async function reservedUntil(operation: Operation, db: EntityManager): Promise<Date | null> {
  const { reservationTtlMs } = operation;
  if (reservationTtlMs === undefined) return null;
  const sql = `select now() + $1 * interval '1 millisecond' as until`;
  const [row] = await db.query<{ until: Date }[]>(sql, [reservationTtlMs]);
  return row?.until ?? null;
}
