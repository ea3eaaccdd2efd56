import { randomUUID } from 'node:crypto';
import type { TransactionId } from '@skald/core';
import type { CommandInfo, HandlerContext } from '@skald/participant';
import type { DataSource } from 'typeorm';

/** Runs a handler in a database transaction of its own, as the barrier does for a first delivery. */
export function handle<Reply>(
  dataSource: DataSource,
  handler: (context: HandlerContext) => Promise<Reply>,
  command: Partial<CommandInfo> = {},
): Promise<Reply> {
  return dataSource.transaction((db) =>
    handler({ db, command: { ...firstAttempt(), ...command }, action: null }),
  );
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
