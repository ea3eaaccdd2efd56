import { randomUUID } from 'node:crypto';
import type { TransactionId } from '@skald/core';
import type { CommandInfo, HandlerContext, StoredAction } from '@skald/participant';
import type { DataSource, EntityManager } from 'typeorm';

/** Runs a handler in a database transaction of its own, as the barrier does for a first delivery. */
export function handle<Reply>(
  dataSource: DataSource,
  handler: (context: HandlerContext) => Promise<Reply>,
  command: Partial<CommandInfo> = {},
): Promise<Reply> {
  return dataSource.transaction((db) => handler(contextOf(db, { command })));
}

/** Runs a handler that decides on a try, or undoes an action, which was answered `reply`. */
export function handleAfter<Reply>(
  dataSource: DataSource,
  reply: unknown,
  handler: (context: HandlerContext) => Promise<Reply>,
): Promise<Reply> {
  const action = { request: null, reply };
  return dataSource.transaction((db) => handler(contextOf(db, { action })));
}

interface Given {
  readonly command?: Partial<CommandInfo>;
  readonly action?: StoredAction;
}

/** What a handler gets at the first attempt. */
export function contextOf(db: EntityManager, { command, action }: Given = {}): HandlerContext {
  return { db, command: { ...firstAttempt(), ...command }, action: action ?? null };
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
