import { z } from 'zod';
import { participant } from '../contract/participant.js';
import type { TransactionId } from '../ids.js';
import type { Direction, Event } from '../transaction.js';
import type { Reply } from '../wire/reply.js';
import { saga } from './define.js';
import { pendingCommands, start } from './machine.js';
import type { SagaTransaction } from './state.js';
import { transition } from './transition.js';

const Numbered = z.object({ n: z.number() });

const worker = participant('worker', {
  do: { request: Numbered, reply: Numbered },
  undo: { request: Numbered, reply: z.object({}) },
});

/** What mappings do next; a test may break them, as a deploy does, and mend them. */
export const mappings = { areBroken: false };

function numbered(n: number) {
  if (mappings.areBroken) throw new Error('a broken deploy');
  return { n };
}

const retry = { maxAttempts: 2, initialMs: 100 };
const compensationRetry = retry;

/** Two compensatable steps, a pivot and a retriable one. Each asks at most twice. */
export const small = saga('small', { version: 1, input: Numbered, deadlineMs: 60_000 })
  .compensatable('a', {
    action: [worker.do, ({ input }) => numbered(input.n)],
    compensation: [worker.undo, ({ replies }) => numbered(replies.a?.n ?? -1)],
    retry,
    compensationRetry,
  })
  .compensatable('b', {
    action: [worker.do, ({ replies }) => numbered(replies.a.n + 1)],
    compensation: [worker.undo, ({ replies }) => numbered(replies.b?.n ?? -1)],
    retry,
    compensationRetry,
  })
  .pivot('p', { action: [worker.do, ({ replies }) => numbered(replies.b.n + 1)], retry })
  .retriable('r', { action: [worker.do, ({ replies }) => numbered(replies.p.n + 1)], retry })
  .output(({ replies }) => numbered(replies.r.n))
  .build();

export const ID = '00000000-0000-4000-8000-000000000003' as TransactionId;
export const PINNED = { name: 'small', version: 1, hash: 'h' };

export const done = (n = 1): Reply => ({ outcome: 'succeeded', reply: { n } });
export const no: Reply = { outcome: 'rejected', reason: 'no' };
export const failed: Reply = { outcome: 'failed', reason: 'unavailable' };
export const barred: Reply = { outcome: 'barred' };

export function begin(): SagaTransaction {
  return start(small, { id: ID, definition: PINNED, input: { n: 1 }, at: 0 }).next;
}

/** The reply to the command that `transaction` waits for, or to another one. */
export function replied(
  transaction: SagaTransaction,
  reply: Reply,
  other: { step?: string; direction?: Direction; attempt?: number } = {},
): Event {
  const pending = pendingCommands(small, transaction)[0];
  return {
    type: 'reply-received',
    at: 1,
    entropy: 0.5,
    step: pending?.step ?? 'a',
    direction: pending?.direction ?? 'action',
    attempt: pending?.attempt ?? 1,
    reply,
    ...other,
  };
}

export function timedOut(transaction: SagaTransaction): Event {
  const [pending] = pendingCommands(small, transaction);
  const { step = 'a', direction = 'action', attempt = 1 } = pending ?? {};
  return { type: 'timed-out', at: 1, entropy: 0.5, step, direction, attempt };
}

const asked = { at: 1, by: 'anna', reason: 'because' };
export const cancel: Event = { type: 'cancel-requested', ...asked };
export const retryAsked: Event = { type: 'retry-requested', ...asked };
export const skip: Event = { type: 'skip-requested', ...asked };
export const resolved = (outcome: 'succeeded' | 'rejected', reply?: unknown): Event => ({
  type: 'resolve-requested',
  ...asked,
  outcome,
  ...(reply !== undefined && { reply }),
});
export const deadline: Event = { type: 'deadline-passed', at: 1 };
export const park: Event = { type: 'park-requested', at: 1, reason: 'in-doubt', detail: 'why' };

/** The transaction after these replies, or events. */
export function after(...happened: readonly (Reply | Event)[]): SagaTransaction {
  return onFrom(begin(), ...happened);
}

export function onFrom(
  transaction: SagaTransaction,
  ...happened: readonly (Reply | Event)[]
): SagaTransaction {
  return happened.reduce(
    (now, what) =>
      transition(small, now, 'outcome' in what && !('type' in what) ? replied(now, what) : what)
        .next,
    transaction,
  );
}

/** Lets every command fail until its attempts are used up. */
export const exhausted: readonly Reply[] = [failed, failed];
