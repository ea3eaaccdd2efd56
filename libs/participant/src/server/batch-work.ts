import { validate, type CommandEvent, type Operation, type Reply } from '@skald/core';
import type { EntityManager } from 'typeorm';
import type { BatchBarrier } from '../barrier/batch-barrier.js';
import { ContractBroken, StepRejected } from '../errors.js';
import {
  infoOf,
  type BatchContext,
  type BatchEntry,
  type StoredAction,
} from '../handler-context.js';
import { call, fit, type NestHandler } from './call-handler.js';

/** An operation whose handler takes many commands at once. */
export interface BatchTarget {
  readonly operation: Operation;
  readonly handler: NestHandler;
}

/**
 * Carries out actions of one operation in one database transaction; gives the replies of those that took
 * part. Those that do not fit the contract do not: alone, they hear what is wrong with them.
 *
 * @throws what went wrong, when nothing was done.
 */
export function executeTogether(
  barrier: BatchBarrier,
  target: BatchTarget,
  commands: readonly CommandEvent[],
): Promise<ReadonlyMap<CommandEvent, Reply>> {
  const requests = new Map<CommandEvent, unknown>();
  for (const command of commands) {
    const checked = validate(target.operation.request, command.data);
    if (checked.ok) requests.set(command, checked.value);
  }
  return barrier.carryOut([...requests.keys()], (db, mine) => {
    const entries = mine.map((command) => entryOf(command, requests.get(command), null));
    return callTogether(target, entries, db);
  });
}

/** Carries out one command by a handler that takes many. @throws StepRejected when it is refused. */
export async function executeAlone(
  target: BatchTarget,
  command: CommandEvent,
  { db, action }: { readonly db: EntityManager; readonly action: StoredAction | null },
): Promise<unknown> {
  const request = fit(target.operation.request, command.data, 'request-invalid');
  const [result] = await callTogether(target, [entryOf(command, request, action)], db);
  if (result instanceof StepRejected) throw result;
  return result;
}

async function callTogether(
  { operation, handler }: BatchTarget,
  entries: readonly BatchEntry<unknown>[],
  db: EntityManager,
): Promise<readonly unknown[]> {
  const context: BatchContext = { db, commands: entries.map(({ command }) => command) };
  const results = await call(handler, entries, context);
  if (!Array.isArray(results) || results.length !== entries.length) {
    throw new ContractBroken('reply-invalid', `expected one result for each of ${entries.length}`);
  }
  return results.map((result: unknown) =>
    result instanceof StepRejected ? result : fit(operation.reply, result, 'reply-invalid'),
  );
}

function entryOf(
  command: CommandEvent,
  request: unknown,
  action: StoredAction | null,
): BatchEntry<unknown> {
  return { request, command: infoOf(command), action };
}
