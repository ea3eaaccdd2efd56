import {
  isAnswer,
  isAnswerEvent,
  type Direction,
  type Event,
  type EventType,
  type Produced,
  type Status,
} from './transaction.js';

/**
 * One row of a transaction's history: the event that moved it, complete, and what the transition wrote.
 * Replaying the rows of a transaction gives its present row.
 */
export interface HistoryEntry {
  /** 1, 2, 3 …: its place in the transaction's history. */
  readonly seq: number;
  /** The row's version after it. */
  readonly version: number;
  /** Ms since the epoch, database clock. */
  readonly at: number;
  readonly type: EventType;
  readonly step: string | null;
  readonly direction: Direction | null;
  readonly attempt: number | null;
  /** Status after the transition. */
  readonly status: Status;
  /** Who asked for it, for operator's events. */
  readonly by: string | null;
  /** The event's own data as JSON text. */
  readonly data: string;
  /** What the transition produced (`Produced`) as JSON text; null when nothing. */
  readonly produced: string | null;
  /** Whether payloads can be restored from this row (see `payloadsFrom`); others need not be loaded. */
  readonly carriesPayload: boolean;
}

const COLUMNS: ReadonlySet<string> = new Set(['type', 'at', 'step', 'direction', 'attempt', 'by']);

/** The history row of `event`. */
export function toHistory(
  event: Event,
  result: {
    readonly seq: number;
    readonly version: number;
    readonly status: Status;
    readonly produced: Produced;
  },
): HistoryEntry {
  const { produced } = result;
  const { replyOf } = produced;
  // A reply tells its own step; that of a branch, and what a human gave, may not.
  const isTold = event.type === 'reply-received' && event.step === replyOf;
  return {
    seq: result.seq,
    version: result.version,
    at: event.at,
    type: event.type,
    step: 'step' in event ? (event.step ?? null) : null,
    direction: 'direction' in event ? event.direction : null,
    attempt: 'attempt' in event ? event.attempt : null,
    status: result.status,
    by: 'by' in event ? event.by : null,
    data: dataOf(event),
    produced: encodeProduced(produced, isTold ? null : (replyOf ?? null)),
    carriesPayload: replyOf !== undefined || carries(produced),
  };
}

/** What the columns do not say of an event. Replies, which are nearly all events, go the short way. */
function dataOf(event: Event): string {
  if (isAnswerEvent(event)) {
    const { reply, wasAskedBefore } = event;
    // Chance plays a part only in when a failed attempt is made again, or a round after its last abort.
    const isUsed = reply.outcome === 'failed' || event.direction === 'abort';
    if (isUsed || wasAskedBefore !== undefined) {
      const entropy = isUsed ? event.entropy : undefined;
      return JSON.stringify({ reply, entropy, wasAskedBefore });
    }
    return `{"reply":${JSON.stringify(reply)}}`;
  }
  const rest = Object.entries(event).filter(([key]) => !COLUMNS.has(key));
  return JSON.stringify(Object.fromEntries(rest));
}

function carries({ requests, output }: Produced): boolean {
  return output !== null || hasRequests(requests);
}

function hasRequests(requests: Produced['requests']): boolean {
  for (const _ in requests) return true;
  return false;
}

/** The first history row: what was asked for, and what `start` made of it. `data` is its JSON. */
export function toStarted(
  data: StartedData,
  result: {
    readonly at: number;
    readonly version: number;
    readonly status: Status;
    readonly produced: Produced;
  },
): HistoryEntry {
  const { at, version, status, produced } = result;
  return {
    seq: 1,
    version,
    at,
    type: 'started',
    step: null,
    direction: null,
    attempt: null,
    status,
    by: null,
    data: JSON.stringify(data),
    produced: encodeProduced(produced, produced.replyOf ?? null),
    carriesPayload: true,
  };
}

/** The data of a `started` row. */
export interface StartedData {
  /** As the caller sent it. */
  readonly input: unknown;
  readonly deadline: number;
}

/** The event of a history row. Inverse of `toHistory` for all rows but the first (`started`). */
export function fromHistory(entry: HistoryEntry): Event {
  const { type, at, step, direction, attempt, by } = entry;
  // Completed in place: it was parsed just now and is nobody else's.
  const event = JSON.parse(entry.data) as Record<string, unknown>;
  if (isAnswer(type)) event['entropy'] ??= 0; // Left out where it plays no part.
  event['type'] = type;
  event['at'] = at;
  if (step !== null) event['step'] = step;
  if (direction !== null) event['direction'] = direction;
  if (attempt !== null) event['attempt'] = attempt;
  if (by !== null) event['by'] = by;
  return event as unknown as Event;
}

/** What a row produced, decoded. */
export function producedBy(entry: HistoryEntry): Produced {
  if (entry.produced === null) return { requests: {}, output: null };
  const { r, o, y, p } = JSON.parse(entry.produced) as EncodedProduced;
  return {
    requests: r ?? {},
    output: o ?? null,
    ...(y !== undefined && { replyOf: y }),
    ...(p !== undefined && { problem: p }),
  };
}

interface EncodedProduced {
  readonly r?: Readonly<Record<string, string>>;
  readonly o?: string;
  readonly y?: string;
  readonly p?: string;
}

/** What a transition produced as compact JSON, or null when there is nothing to keep. */
function encodeProduced(produced: Produced, replyOf: string | null): string | null {
  const { requests, output, problem } = produced;
  let text = '';
  if (hasRequests(requests)) text = withMember(text, 'r', requests);
  if (output !== null) text = withMember(text, 'o', output);
  if (replyOf !== null) text = withMember(text, 'y', replyOf);
  if (problem !== undefined) text = withMember(text, 'p', problem);
  return text === '' ? null : `${text}}`;
}

function withMember(text: string, name: keyof EncodedProduced, value: unknown): string {
  return `${text}${text === '' ? '{' : ','}"${name}":${JSON.stringify(value)}`;
}
