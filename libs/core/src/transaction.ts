import type { PinnedDefinition, Protocol } from './pinned.js';
import type { TransactionId } from './ids.js';
import type { Reply } from './wire/reply.js';

/**
 * The same words in code, database, API and metrics, and what each means for who runs it: `open` moves by
 * itself, `ended` never moves again, `parked` needs a human and keeps everything needed to go on.
 */
const STATUS_TABLE = {
  running: { protocol: 'saga', is: 'open' },
  compensating: { protocol: 'saga', is: 'open' },
  preparing: { protocol: 'two-phase', is: 'open' },
  committing: { protocol: 'two-phase', is: 'open' },
  aborting: { protocol: 'two-phase', is: 'open' },
  completed: { protocol: 'saga', is: 'ended' },
  compensated: { protocol: 'saga', is: 'ended' },
  committed: { protocol: 'two-phase', is: 'ended' },
  aborted: { protocol: 'two-phase', is: 'ended' },
  parked: { protocol: null, is: 'parked' },
} as const satisfies Record<
  string,
  { readonly protocol: Protocol | null; readonly is: 'open' | 'ended' | 'parked' }
>;

export type Status = keyof typeof STATUS_TABLE;

export const STATUSES: readonly Status[] = Object.keys(STATUS_TABLE) as Status[];

const ENDED: ReadonlySet<Status> = new Set(
  STATUSES.filter((one) => STATUS_TABLE[one].is === 'ended'),
);

/** Statuses of transactions that move by themselves. */
export const OPEN_STATUSES = STATUSES.filter((one) => STATUS_TABLE[one].is === 'open');
/** Statuses of transactions to which nothing will ever happen again. */
export const ENDED_STATUSES = [...ENDED];

/** The statuses that a transaction of `protocol` can have. */
export function statusesOf(protocol: Protocol): Status[] {
  return STATUSES.filter((one) => {
    const { protocol: own } = STATUS_TABLE[one];
    return own === protocol || own === null;
  });
}

/** Whether nothing will ever happen to it again. Parked is not ended. */
export function isEnded(status: Status): boolean {
  return ENDED.has(status);
}

/** What a command asks for. TCC: prepare is the try, commit the confirm, abort the cancel. */
export const DIRECTIONS = ['action', 'compensation', 'bar', 'prepare', 'commit', 'abort'] as const;

export type Direction = (typeof DIRECTIONS)[number];

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
  /** Replies of succeeded actions as their schemas give them, by the name of the step or branch. */
  readonly replies: Readonly<Record<string, unknown>>;
  /** Request bodies as JSON, by `requestKey`: exactly the bytes that were first sent. */
  readonly requests: Readonly<Record<string, string>>;
  /** What the whole transaction answers as JSON, once it is completed or committed. */
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

/** A participant's answer to one command. */
interface Answered extends Happened {
  /** The command's `skaldstep`. */
  readonly step: string;
  readonly direction: Direction;
  readonly attempt: number;
  readonly reply: Reply;
  readonly entropy: number;
  /** The command had left before under the same attempt, as after a recovery: nothing is known of that one. */
  readonly wasAskedBefore?: boolean;
}

/** How an answer to a command is called in events and history: by what was asked. */
export type AnswerType = 'reply-received' | 'vote-received' | 'decision-acknowledged';

/** The type of the event that an answer to a command of this direction becomes. */
export function answerTypeOf(direction: Direction): AnswerType {
  switch (direction) {
    case 'action':
    case 'compensation':
    case 'bar':
      return 'reply-received';
    case 'prepare':
      return 'vote-received';
    case 'commit':
    case 'abort':
      return 'decision-acknowledged';
  }
}

/** Whether `type` is that of a participant's answer. */
export function isAnswer(type: EventType): type is AnswerType {
  return type === 'reply-received' || type === 'vote-received' || type === 'decision-acknowledged';
}

/** Everything that can move a transaction after its start. Chance is an input: `entropy` in [0, 1). */
export type Event =
  | (Answered & { readonly type: 'reply-received' })
  | (Answered & { readonly type: 'vote-received' })
  | (Answered & { readonly type: 'decision-acknowledged' })
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
      /** What became of a saga's step. */
      readonly outcome?: 'succeeded' | 'rejected';
      readonly reply?: unknown;
      /** Two-phase: the branch of which a human knows what became of it, */
      readonly branch?: string;
      /** and what that is. */
      readonly heuristic?: 'commit' | 'abort';
    })
  | (Happened & {
      /** The shell could not carry out a transition of this transaction; it must not block others. */
      readonly type: 'park-requested';
      readonly reason: ParkedReason;
      readonly detail: string;
    });

export type EventType = Event['type'] | 'started';

const TYPES: ReadonlySet<unknown> = new Set<Event['type']>([
  'reply-received',
  'vote-received',
  'decision-acknowledged',
  'timed-out',
  'deadline-passed',
  'cancel-requested',
  'retry-requested',
  'skip-requested',
  'resolve-requested',
  'park-requested',
]);

/** Whether `event`, whoever made it, has a known type and a time. */
export function isUsable(event: unknown): boolean {
  if (typeof event !== 'object' || event === null) return false;
  const { type, at } = event as { readonly type?: unknown; readonly at?: unknown };
  return TYPES.has(type) && Number.isFinite(at);
}

/** `reason` if it is one. */
export function knownReason(reason: ParkedReason): ParkedReason {
  return PARKED_REASONS.includes(reason) ? reason : 'invariant-broken';
}

export type AnswerEvent = Extract<Event, { readonly reply: Reply }>;

/** Whether `event` is a participant's answer. */
export function isAnswerEvent(event: Event): event is AnswerEvent {
  return isAnswer(event.type);
}

/** What a human, or whoever started the transaction, may ask for. */
export type OperatorEvent = Extract<Event, { readonly by: string }>;

const OPERATOR_TYPES: ReadonlySet<Event['type']> = new Set<OperatorEvent['type']>([
  'cancel-requested',
  'retry-requested',
  'skip-requested',
  'resolve-requested',
]);

/** Whether a human, or whoever started the transaction, asks for it. */
export function isOperators(event: Event): event is OperatorEvent {
  return OPERATOR_TYPES.has(event.type);
}

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
  /** The step or branch whose reply, given by the event, was taken into the payloads. */
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
  /** Something that an operator should hear of at once; the transaction goes on all the same. */
  readonly alarm?: string;
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
