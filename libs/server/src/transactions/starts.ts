import { CoordinatorError } from '@skald/core';
import type { BeginRequest, Begun, Coordinator, Snapshot } from '@skald/engine';
import { wrongField } from '../http/field-errors.js';
import { beginRequestOf, explainInput, type Start } from './start-request.js';

export interface StartAnswer {
  readonly snapshot: Snapshot;
  /** 201 new, 200 the same again, 202 when the wait ran out. */
  readonly status: 200 | 201 | 202;
}

/** Starts a transaction, or finds the one that the same request started, and waits if asked to. */
export async function start(coordinator: Coordinator, asked: Start): Promise<StartAnswer> {
  const request = beginRequestOf(asked, coordinator);
  if (request.deadline !== undefined) await refusePastDeadline(coordinator, request);
  const { isNew, snapshot } = await begin(coordinator, request, asked);
  const status = isNew ? 201 : 200;
  const { waitSeconds } = asked.preferences;
  if (waitSeconds === undefined) return { snapshot, status };
  const ended = await coordinator.waitForEnd(asked.id, waitSeconds * 1000);
  if (ended) return { snapshot: ended, status };
  return { snapshot: await coordinator.find(asked.id), status: 202 };
}

/** A repeated start stays what it was, even when its deadline passed in the meantime. */
async function refusePastDeadline(coordinator: Coordinator, request: BeginRequest): Promise<void> {
  const { deadline, id } = request;
  if (deadline === undefined || deadline > coordinator.now()) return;
  const isKnown = await coordinator.find(id).then(
    () => true,
    (error: unknown) => {
      if (error instanceof CoordinatorError && error.code === 'TRANSACTION_NOT_FOUND') return false;
      throw error;
    },
  );
  if (isKnown) return;
  throw wrongField('deadline', 'expected a time in the future', new Date(deadline).toISOString());
}

async function begin(
  coordinator: Coordinator,
  request: BeginRequest,
  { body, isKeyed }: Start,
): Promise<Begun> {
  try {
    return await coordinator.begin(request);
  } catch (error) {
    if (!(error instanceof CoordinatorError)) throw error;
    if (isKeyed && error.code === 'TRANSACTION_ID_REUSED') {
      const detail = 'this Idempotency-Key was used for another request';
      throw new CoordinatorError('IDEMPOTENCY_KEY_REUSED', detail, { cause: error });
    }
    throw explainInput(error, body, coordinator);
  }
}
