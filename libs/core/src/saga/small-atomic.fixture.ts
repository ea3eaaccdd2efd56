import { z } from 'zod';
import { participant } from '../contract/participant.js';
import type { TransactionId } from '../ids.js';
import { answerTypeOf, type Direction, type Event, type Transition } from '../transaction.js';
import type { Reply } from '../wire/reply.js';
import { saga } from './define.js';
import { pendingCommands, start } from './machine.js';
import type { SagaState, SagaTransaction } from './state.js';
import { transition } from './transition.js';

const Numbered = z.object({ n: z.number() });

const worker = participant('worker', {
  do: { request: Numbered, reply: Numbered },
  undo: { request: Numbered, reply: z.object({}) },
});
const bank = participant('bank', {
  book: { request: Numbered, reply: Numbered },
  unbook: { request: Numbered, reply: z.object({}) },
});

/** What mappings do next; a test may break them, as a deploy does, and mend them. */
export const mappings = { areBroken: false };

function numbered(n: number) {
  if (mappings.areBroken) throw new Error('a broken deploy');
  return { n };
}

const retry = { maxAttempts: 2, initialMs: 100 };
const group = { deadlineMs: 30_000, retry: { ...retry, maxRounds: 2 } };

/** A compensatable step, an atomic one that can be undone, an atomic pivot, and a retriable step. */
export const mixed = saga('mixed', { version: 1, input: Numbered, deadlineMs: 60_000 })
  .compensatable('a', {
    action: [worker.do, ({ input }) => numbered(input.n)],
    compensation: [worker.undo, ({ replies }) => numbered(replies.a?.n ?? -1)],
    retry,
    compensationRetry: retry,
  })
  .atomically(
    'take',
    (take) =>
      take
        .branch('x', worker.do, ({ replies }) => numbered(replies.a.n + 1), {
          compensation: [worker.undo, ({ replies }) => numbered(replies.x?.n ?? -1)],
          compensationRetry: retry,
        })
        .branch('y', bank.book, ({ replies }) => numbered(replies.a.n + 2), {
          compensation: [bank.unbook, ({ replies }) => numbered(replies.y?.n ?? -1)],
          compensationRetry: retry,
        }),
    group,
  )
  .atomically(
    'pay',
    (pay) =>
      pay
        .branch('v', worker.do, ({ replies }) => numbered(replies.x.n))
        .branch('w', bank.book, ({ replies }) => numbered(replies.y.n)),
    group,
  )
  .retriable('r', { action: [worker.do, ({ replies }) => numbered(replies.v.n)], retry })
  .output(({ replies }) => numbered(replies.w.n + replies.r.n))
  .build();

export const ID = '00000000-0000-4000-8000-000000000005' as TransactionId;
export const PINNED = { name: 'mixed', version: 1, hash: 'h' };

export const done = (n = 1): Reply => ({ outcome: 'succeeded', reply: { n } });
export const yes: Reply = { outcome: 'succeeded', reply: {}, vote: 'commit' };
export const readOnly = (n = 7): Reply => ({ ...done(n), vote: 'read-only' }) as Reply;
export const no: Reply = { outcome: 'rejected', reason: 'no', detail: 'never' };
export const failed: Reply = { outcome: 'failed', reason: 'unavailable' };

export function begin(): SagaTransaction {
  return start(mixed, { id: ID, definition: PINNED, input: { n: 1 }, at: 0 }).next;
}

export type Happening = Event | ((now: SagaTransaction) => Event);

interface Other {
  readonly step?: string;
  readonly direction?: Direction;
  readonly attempt?: number;
  readonly at?: number;
}

/** The answer of a step, or of a branch in its present round, to what it is asked now. */
export function from(name: string, reply: Reply, other: Other = {}) {
  return (now: SagaTransaction): Event => {
    const asked = pendingCommands(mixed, now).find(({ step }) => step.split('.')[0] === name);
    const { step = `${name}.1`, direction = 'prepare', attempt = 1 } = { ...asked, ...other };
    const type = answerTypeOf(direction);
    return { type, at: other.at ?? 1, entropy: 0.5, step, direction, attempt, reply };
  };
}

/** No answer came. */
export function silence(name: string) {
  return (now: SagaTransaction): Event =>
    ({ ...from(name, failed)(now), type: 'timed-out' }) as Event;
}

const asked = { at: 1, by: 'anna', reason: 'because' };
export const cancel: Event = { type: 'cancel-requested', ...asked };
export const retryAsked: Event = { type: 'retry-requested', ...asked };
export const skip: Event = { type: 'skip-requested', ...asked };
export const acknowledge: Event = { type: 'resolve-requested', ...asked };
export const resolved = (branch: string, heuristic: 'commit' | 'abort'): Event => ({
  ...{ type: 'resolve-requested', ...asked },
  ...{ branch, heuristic },
});
export const deadline = (at = 60_000): Event => ({ type: 'deadline-passed', at });
export const park: Event = {
  ...{ type: 'park-requested', at: 1 },
  ...{ reason: 'invariant-broken', detail: 'why' },
};

export function lastOf(
  start: SagaTransaction,
  ...happened: readonly Happening[]
): Transition<SagaState> {
  let last: Transition<SagaState> = {
    next: start,
    effects: [],
    produced: { requests: {}, output: null },
  };
  for (const what of happened) {
    last = transition(mixed, last.next, typeof what === 'function' ? what(last.next) : what);
  }
  return last;
}

export function onFrom(now: SagaTransaction, ...happened: readonly Happening[]): SagaTransaction {
  return lastOf(now, ...happened).next;
}

/** From its start on. */
export function after(...happened: readonly Happening[]): SagaTransaction {
  return onFrom(begin(), ...happened);
}

/** The first group is asked to prepare. */
export const taking = [from('a', done())];
/** It has committed, and so the second one is asked to prepare. */
export const taken = [
  ...taking,
  ...[from('x', yes), from('y', yes)],
  ...[from('x', done(4)), from('y', done(5))],
];
/** The pivot is decided: commit. */
export const paying = [...taken, from('v', yes), from('w', yes)];

/** What it waits for, in short. */
export function asks(transaction: SagaTransaction): string[] {
  return pendingCommands(mixed, transaction).map(
    ({ step, direction, attempt }) => `${direction} ${step}#${attempt}`,
  );
}

export function statuses({ state }: SagaTransaction): string {
  return state.steps.map(({ status }) => status).join(' ');
}
