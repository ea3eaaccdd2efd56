import {
  CoordinatorError,
  DefinitionError,
  type Definition,
  type FieldError,
  type TransactionId,
} from '@skald/core';
import type { BeginRequest, Order } from './api.js';
import { storeUnavailable } from './group-commit.js';
import { inputPointer, type Live } from './live.js';
import { StoreError, type StoredTransaction, type TransactionStore } from './ports/store.js';

/** What `waiting_for` begins with while no instance has a row's definition. */
export const DEFINITION_MISSING = 'definition-missing';

/** A definition was changed under its version while transactions of it are open. */
export class DefinitionChanged extends DefinitionError {
  constructor({ name, version }: Definition) {
    super(
      `definition ${name} version ${version} differs from the one that open transactions pin; ` +
        'register the change under a new version',
    );
  }
}

export function unknownDefinition({
  definition,
  definitionVersion,
}: BeginRequest): CoordinatorError {
  const which = definitionVersion === undefined ? '' : ` version ${definitionVersion}`;
  return new CoordinatorError(
    'DEFINITION_UNKNOWN',
    `definition: no ${definition}${which} is registered`,
    {
      errors: [{ pointer: '/definition', detail: 'expected the name of a registered definition' }],
    },
  );
}

export function invalidInput(errors: readonly FieldError[]): CoordinatorError {
  const below = errors.map(({ pointer, detail }) => ({ pointer: inputPointer(pointer), detail }));
  const detail = below.map((error) => `${error.pointer.slice(1)}: ${error.detail}`).join('; ');
  return new CoordinatorError('REQUEST_INVALID', detail, { errors: below });
}

export function idReused(id: TransactionId): CoordinatorError {
  return new CoordinatorError(
    'TRANSACTION_ID_REUSED',
    `transaction ${id} was started by another request`,
  );
}

function notFound(id: TransactionId): CoordinatorError {
  return new CoordinatorError('TRANSACTION_NOT_FOUND', `there is no transaction ${id}`);
}

/** Why there is no such transaction: it never was, or its retention is over. */
export async function absenceOf(
  store: TransactionStore,
  id: TransactionId,
  requestHash?: string,
): Promise<Error> {
  try {
    const hash = (await store.forgotten([id])).get(id);
    if (hash === undefined) return notFound(id);
    if (requestHash !== undefined && requestHash !== hash) return idReused(id);
    const detail = `transaction ${id} ended and its retention is over; it does not run again`;
    return new CoordinatorError('TRANSACTION_GONE', detail);
  } catch (error) {
    return toStoreUnavailable(error);
  }
}

/** Whether a look at a transaction failed because there is none, or none any more. */
export function isAbsent(error: unknown): boolean {
  if (!(error instanceof CoordinatorError)) return false;
  return error.code === 'TRANSACTION_NOT_FOUND' || error.code === 'TRANSACTION_GONE';
}

export function definitionMissing({ started }: StoredTransaction): CoordinatorError {
  const { name, version } = started.definition;
  return new CoordinatorError(
    'STATE_FORBIDS',
    `this instance lacks definition ${name} version ${version}`,
  );
}

export function overloaded(detail: string): CoordinatorError {
  return new CoordinatorError('OVERLOADED', detail, { retryAfterSeconds: 1 });
}

/** An error of the store as callers hear it; anything else as it is. */
export function toStoreUnavailable(error: unknown): Error {
  if (error instanceof StoreError) return storeUnavailable(error);
  return error instanceof Error ? error : new Error(String(error));
}

/** The step an operator's order is about: what the transaction waits for, so that the history names it. */
export function stepOf(live: Live, order: Order): { readonly step?: string } {
  const hasStep = order.type === 'skip-requested' || order.type === 'resolve-requested';
  if (!hasStep || order.step !== undefined || 'branch' in order) return {};
  const step = live.machine.waitsFor(live.definition, live.transaction);
  return step === undefined ? {} : { step };
}

/** Resolves with `work`, or without it after `ms`. */
export async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
