import { randomUUID } from 'node:crypto';
import type { TransactionId } from '@skald/core';
import type { CommandInfo, DecisionContext, HandlerContext, TryContext } from '@skald/participant';
import type { DataSource, EntityManager } from 'typeorm';

/** Runs a handler in a database transaction of its own, as the barrier does for a first delivery. */
export function handle<Reply>(
  dataSource: DataSource,
  handler: (context: HandlerContext) => Promise<Reply>,
  command: Partial<CommandInfo> = {},
): Promise<Reply> {
  return dataSource.transaction((db) => handler(contextOf(db, command)));
}

/** Runs a handler that reserves, for a quarter of an hour. */
export function handleTry<Reply>(
  dataSource: DataSource,
  handler: (context: TryContext) => Promise<Reply>,
): Promise<Reply> {
  const reservedUntil = new Date(Date.now() + 900_000);
  return dataSource.transaction((db) =>
    handler({ ...contextOf(db), readOnly: () => undefined, reservedUntil }),
  );
}

/** Runs a handler that decides on a try which was answered `reply`. */
export function handleAfter<Reply>(
  dataSource: DataSource,
  reply: unknown,
  handler: (context: DecisionContext) => Promise<Reply>,
): Promise<Reply> {
  const action = { request: null, reply };
  return dataSource.transaction((db) => handler({ ...contextOf(db), action }));
}

/** What a handler gets at the first attempt, unless told otherwise. */
export function contextOf(
  db: EntityManager,
  command: Partial<CommandInfo> = {},
): HandlerContext & { action: null } {
  return { db, command: { ...firstAttempt(), ...command }, action: null };
}

function firstAttempt(): CommandInfo {
  const transaction = randomUUID() as string as TransactionId;
  return {
    id: `${transaction}/step/action`,
    transaction,
    step: 'step',
    direction: 'action',
    operation: 'operation',
    attempt: 1,
    startedAt: 0,
    deadline: null,
    isRefusable: true,
    traceparent: null,
  };
}
