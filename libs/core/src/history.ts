import type { Direction, Event, EventType, Produced, Status } from './transaction.js';

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
  const fields = event as Partial<Record<string, unknown>> & Event;
  const data: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) if (!COLUMNS.has(key)) data[key] = value;
  const produced = encodeProduced(result.produced);
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
    data: JSON.stringify(data),
    produced,
    carriesPayload: produced !== null || givesReply(event),
  };
}

function givesReply(event: Event): boolean {
  if (event.type === 'reply-received') {
    return event.reply.outcome === 'succeeded' && event.direction !== 'compensation';
  }
  return event.type === 'skip-requested' || event.type === 'resolve-requested';
}

/** The event of a history row. Inverse of `toHistory` for all rows but the first (`started`). */
export function fromHistory(entry: HistoryEntry): Event {
  const { type, at, step, direction, attempt, by } = entry;
  const columns = { type, at, step, direction, attempt, by };
  const present = Object.entries(columns).filter(([, value]) => value !== null);
  return {
    ...(JSON.parse(entry.data) as object),
    ...Object.fromEntries(present),
  } as unknown as Event;
}

/** What a row produced, decoded. */
export function producedBy(entry: HistoryEntry): Produced {
  if (entry.produced === null) return { requests: {}, output: null };
  const { r, o } = JSON.parse(entry.produced) as { r?: Record<string, string>; o?: string };
  return { requests: r ?? {}, output: o ?? null };
}

export function encodeProduced({ requests, output }: Produced): string | null {
  const hasRequests = Object.keys(requests).length > 0;
  if (!hasRequests && output === null) return null;
  return JSON.stringify({
    ...(hasRequests && { r: requests }),
    ...(output !== null && { o: output }),
  });
}
