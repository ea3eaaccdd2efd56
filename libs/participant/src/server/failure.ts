import type { Reply } from '@skald/core';
import { isContention, isUnreachable } from '../barrier/contention.js';
import { ContractBroken, HandlerTimeout, NotNow, RetryLater, StepRejected } from '../errors.js';

const MAX_DETAIL = 500;
/**
 * Why a pipeline failed. Filters have the last word only where they say it in Skald's terms: what else
 * they make of an error hides its cause, and a filter made for HTTP fails by itself here.
 */
export function causeOf(error: unknown, thrown: unknown): unknown {
  if (error instanceof StepRejected || error instanceof RetryLater) return error;
  return thrown ?? error;
}

/** The reply to a command that had no effect because of `error`: it may be asked again. */
export function failure(error: unknown): Reply {
  if (error instanceof RetryLater) {
    return { outcome: 'failed', reason: error.reason, retryAfterMs: error.afterMs };
  }
  const reply = { outcome: 'failed', reason: reasonOf(error), detail: messageOf(error) } as const;
  if (!(error instanceof NotNow) || error.afterMs === undefined) return reply;
  return { ...reply, retryAfterMs: error.afterMs };
}

/** Whether what failed together has no better chance one by one: the database is away, or the time is over. */
export function isHopeless(error: unknown): boolean {
  return error instanceof HandlerTimeout || isUnreachable(error);
}

function reasonOf(error: unknown): string {
  if (error instanceof HandlerTimeout) return 'handler-timeout';
  if (error instanceof ContractBroken || error instanceof NotNow) return error.reason;
  if (isContention(error)) return 'contention';
  return isUnreachable(error) ? 'unavailable' : 'handler-error';
}

function messageOf(error: unknown): string {
  const { message } = (typeof error === 'object' && error !== null ? error : {}) as {
    readonly message?: unknown;
  };
  const text = typeof message === 'string' ? message : String(error);
  return text.slice(0, MAX_DETAIL);
}
