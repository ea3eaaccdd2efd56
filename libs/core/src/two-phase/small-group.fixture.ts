import { z } from 'zod';
import { participant } from '../contract/participant.js';
import type { TransactionId } from '../ids.js';
import type { Direction, Event, Transition } from '../transaction.js';
import type { Reply } from '../wire/reply.js';
import { branchStepName } from '../wire/step-name.js';
import { twoPhase } from './define.js';
import { directionOf } from './group-state.js';
import { twoPhaseMachine } from './machine.js';
import type { TwoPhaseState, TwoPhaseTransaction } from './state.js';

const { start, transition } = twoPhaseMachine;
export const { pendingCommands } = twoPhaseMachine;

const Numbered = z.object({ n: z.number() });
const worker = participant('worker', { do: { request: Numbered, reply: Numbered } });
const bank = participant('bank', { book: { request: Numbered, reply: Numbered } });

/** What mappings do next; a test may break them, as a deploy does, and mend them. */
export const mappings = { areBroken: false };

function numbered(n: number) {
  if (mappings.areBroken) throw new Error('a broken deploy');
  return { n };
}

const options = {
  version: 1,
  input: Numbered,
  deadlineMs: 30_000,
  retry: { maxAttempts: 2, maxRounds: 2, initialMs: 100 },
};

/** Two branches; each is asked to prepare at most twice in a round, in at most two rounds. */
export const pair = twoPhase('pair', options)
  .branch('a', worker.do, ({ input }) => numbered(input.n))
  .branch('b', bank.book, ({ input }) => numbered(input.n + 1))
  .output(({ replies }) => numbered(replies.a.n + replies.b.n))
  .build();

/** One branch alone: its participant decides. */
export const alone = twoPhase('alone', options)
  .branch('a', worker.do, ({ input }) => numbered(input.n))
  .build();

export const ID = '00000000-0000-4000-8000-000000000002' as TransactionId;
export const PINNED = { name: 'pair', version: 1, hash: 'h' };

export function begin(definition: typeof pair = pair): TwoPhaseTransaction {
  return start(definition, { id: ID, definition: PINNED, input: { n: 1 }, at: 0 }).next;
}

export const yes: Reply = { outcome: 'succeeded', reply: {}, vote: 'commit' };
export const readOnly = (n = 7): Reply => ({
  outcome: 'succeeded',
  reply: { n },
  vote: 'read-only',
});
export const no: Reply = { outcome: 'rejected', reason: 'no', detail: 'never' };
export const failed: Reply = { outcome: 'failed', reason: 'unavailable' };
export const done = (n = 1): Reply => ({ outcome: 'succeeded', reply: { n } });

interface Other {
  readonly round?: number;
  readonly direction?: Direction;
  readonly attempt?: number;
  readonly at?: number;
}

/** The answer of a branch to what it is asked now, or to something else. */
export function from(branch: string, reply: Reply, other: Other = {}) {
  return (now: TwoPhaseTransaction): Event => {
    const { group } = now.state;
    const { round = group.round, direction = directionOf(group) ?? 'commit', at = 1 } = other;
    const index = branch === 'b' ? 1 : 0;
    const attempt = other.attempt ?? group.branches[index]?.attempt ?? 1;
    const step = branchStepName(branch, round);
    return { type: 'vote-received', at, entropy: 0.5, step, direction, attempt, reply };
  };
}

/** No answer came from a branch. */
export function silence(branch: string) {
  return (now: TwoPhaseTransaction): Event => {
    return { ...from(branch, failed)(now), type: 'timed-out' } as Event;
  };
}

const asked = { at: 1, by: 'anna', reason: 'because' };
export const cancel: Event = { type: 'cancel-requested', ...asked };
export const retry: Event = { type: 'retry-requested', ...asked };
export const skip: Event = { type: 'skip-requested', ...asked };
export const acknowledge: Event = { type: 'resolve-requested', ...asked };
export const resolved = (branch: string, heuristic: 'commit' | 'abort'): Event => ({
  type: 'resolve-requested',
  ...asked,
  branch,
  heuristic,
});
export const deadline: Event = { type: 'deadline-passed', at: 1 };
export const park: Event = {
  type: 'park-requested',
  at: 1,
  reason: 'invariant-broken',
  detail: 'why',
};

export type Happening = Event | ((now: TwoPhaseTransaction) => Event);

/** What the last of these events made of the transaction. */
export function lastOf(
  from: TwoPhaseTransaction,
  ...happened: readonly Happening[]
): Transition<TwoPhaseState> {
  let last: Transition<TwoPhaseState> = {
    next: from,
    effects: [],
    produced: { requests: {}, output: null },
  };
  for (const what of happened) {
    const event = typeof what === 'function' ? what(last.next) : what;
    last = transition(definitionOf(from), last.next, event);
  }
  return last;
}

/** The transaction after these events, from its start. */
export function after(...happened: readonly Happening[]): TwoPhaseTransaction {
  return lastOf(begin(), ...happened).next;
}

export function onFrom(
  transaction: TwoPhaseTransaction,
  ...happened: readonly Happening[]
): TwoPhaseTransaction {
  return lastOf(transaction, ...happened).next;
}

export function definitionOf({ state }: TwoPhaseTransaction) {
  return state.group.branches.length === 1 ? alone : pair;
}

/** What it waits for, in short. */
export function asks(transaction: TwoPhaseTransaction): string[] {
  return pendingCommands(definitionOf(transaction), transaction).map(
    ({ step, direction, attempt }) => `${direction} ${step}#${attempt}`,
  );
}
