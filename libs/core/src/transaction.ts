import type { PinnedDefinition } from './definition.js';
import type { TransactionId } from './ids.js';
import type { Reply } from './wire/reply.js';

export const OPEN_STATUSES = ['running', 'compensating'] as const;
export const ENDED_STATUSES = ['completed', 'compensated'] as const;

/** The same words in code, database, API and metrics. `parked` keeps everything needed to go on. */
export type Status = (typeof OPEN_STATUSES)[number] | (typeof ENDED_STATUSES)[number] | 'parked';

export const STATUSES: readonly Status[] = [...OPEN_STATUSES, ...ENDED_STATUSES, 'parked'];

/** What a command asks for. Two-phase commit will add prepare, commit and abort. */
export type Direction = 'action' | 'compensation' | 'bar';

export const PARKED_REASONS = [
  'attempts-exhausted',
  'outcome-unknown',
  'retriable-rejected',
  'compensation-rejected',
  'mapping-failed',
  'definition-missing',
  'protocol-error',
  'invariant-broken',
  'barrier-expired',
  'in-doubt',
  'heuristic-mixed',
] as const;

/** Why a transaction needs a human. */
export type ParkedReason = (typeof PARKED_REASONS)[number];

/** Whether nothing will ever happen to it again. Parked is not ended. */
export function isEnded(status: Status): boolean {
  return status === 'completed' || status === 'compensated';
}

/**
 * A transaction as the core sees it. `State` is the small machine state of the hot row; payloads live
 * in the history and are restored from there.
 */
export interface Transaction<State> {
  readonly id: TransactionId;
  readonly definition: PinnedDefinition;
  readonly status: Status;
  /** The row's optimistic number: grows with every write, also when another owner claims the row. */
  readonly version: number;
  /** Number of transitions so far: the `seq` of its last history row. */
  readonly seq: number;
  /** Ms since the epoch, by the database clock, as all times here. */
  readonly startedAt: number;
  readonly deadline: number;
  readonly updatedAt: number;
  readonly endedAt: number | null;
  readonly state: State;
  readonly payloads: Payloads;
}

/** What is written once and never changes: JSON as it was first written, and values made of it. */
export interface Payloads {
  /** The input as the definition's schema gives it. */
  readonly input: unknown;
  /** Replies of succeeded actions as their schemas give them, by step name. */
  readonly replies: Readonly<Record<string, unknown>>;
  /** Request bodies as JSON, by `<step>/<direction>`: exactly the bytes that were first sent. */
  readonly requests: Readonly<Record<string, string>>;
  /** The saga's output as JSON, once it is completed. */
  readonly output: string | null;
}

interface Happened {
  /** Ms since the epoch, database clock. */
  readonly at: number;
}

/** Who asked for it, and why. */
interface Asked extends Happened {
  /** The principal that asked, for the audit. */
  readonly by: string;
  readonly reason: string;
}

/** Everything that can move a transaction after its start. Chance is an input: `entropy` in [0, 1). */
export type Event =
  | (Happened & {
      readonly type: 'reply-received';
      readonly step: string;
      readonly direction: Direction;
      readonly attempt: number;
      readonly reply: Reply;
      readonly entropy: number;
      /** The command had left before under the same attempt, as after a recovery: nothing is known of that one. */
      readonly wasAskedBefore?: boolean;
    })
  | (Happened & {
      /** No answer to an attempt that was really sent, in the time the step allows. */
      readonly type: 'timed-out';
      readonly step: string;
      readonly direction: Direction;
      readonly attempt: number;
      readonly entropy: number;
    })
  | (Happened & { readonly type: 'deadline-passed' })
  | (Asked & { readonly type: 'cancel-requested' })
  | (Asked & { readonly type: 'retry-requested' })
  | (Asked & { readonly type: 'skip-requested'; readonly step?: string; readonly reply?: unknown })
  | (Asked & {
      readonly type: 'resolve-requested';
      readonly step?: string;
      readonly outcome: 'succeeded' | 'rejected';
      readonly reply?: unknown;
    })
  | (Happened & {
      /** The shell could not carry out a transition of this transaction; it must not block others. */
      readonly type: 'park-requested';
      readonly reason: ParkedReason;
      readonly detail: string;
    });

export type EventType = Event['type'] | 'started';

/** A command that is to leave once the transition is durable. The engine derives it again after a crash. */
export interface Send {
  readonly type: 'send';
  readonly step: string;
  readonly direction: Direction;
  readonly attempt: number;
}

/** Something the engine must do after a transition. The core only says so; it never does it. */
export type Effect = Send;

/** What a transition wrote that has to be stored with its history row. */
export interface Produced {
  readonly requests: Readonly<Record<string, string>>;
  readonly output: string | null;
  /** The step whose reply, given by the event, was taken into the payloads. */
  readonly replyOf?: string;
  /** What the definition's code or schemas had against going on: why it was parked. */
  readonly problem?: string;
}

/** The result of one transition. `next === transaction` means that the event was absorbed: nothing to store. */
export interface Transition<State> {
  readonly next: Transaction<State>;
  readonly effects: readonly Effect[];
  readonly produced: Produced;
  /** Why an operator's command is not possible in this state; then nothing changed. */
  readonly refusal?: string;
}

export const NOTHING_PRODUCED: Produced = { requests: {}, output: null };

/** Nothing changed: the event was late, repeated, or does not concern this state. */
export function absorb<State>(transaction: Transaction<State>): Transition<State> {
  return { next: transaction, effects: [], produced: NOTHING_PRODUCED };
}

/** Nothing changed, and whoever asked is told why. */
export function refuse<State>(transaction: Transaction<State>, refusal: string): Transition<State> {
  return { ...absorb(transaction), refusal };
}
