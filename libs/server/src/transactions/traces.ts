import {
  fromHistory,
  isAnswerEvent,
  isEnded,
  parseStepName,
  producedBy,
  type AnswerEvent,
  type Direction,
  type HistoryEntry,
} from '@skald/core';

/** What the history tells of one command of one step: when, with what answer or error. */
export interface Trace {
  /** When it was first sent, ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** The reply as it came; undefined when none did. */
  readonly reply: unknown;
  readonly error: TracedError | null;
  /** The attempt that failed last, while another is to follow. */
  readonly failedAttempt: number | null;
  /** The latest that was answered, or given up; 0 = none yet. */
  readonly lastAttempt: number;
}

export interface TracedError {
  readonly outcome: 'rejected' | 'failed';
  readonly reason: string;
  readonly detail?: string;
}

/** Traces by `<step>/<direction>`; `bar` counts to the action whose outcome it asks for. */
export type Traces = ReadonlyMap<string, Trace>;

/** The traces of all commands that `history` (complete, in order) tells of. */
export function tracesOf(history: readonly HistoryEntry[]): Traces {
  const traces = new Map<string, Writable<Trace>>();
  let open: string | undefined;
  for (const entry of history) {
    const concerned = traces.get(keyOf(entry) ?? open ?? '');
    if (concerned) {
      Object.assign(concerned, told(entry));
      if (entry.attempt !== null) concerned.lastAttempt = entry.attempt;
    }
    const begun = Object.keys(producedBy(entry).requests);
    // Whatever the saga waited for is over once it asks for something else, or for nothing more.
    const isOver = begun.some((other) => other !== open) || isEnded(entry.status);
    const awaited = traces.get(open ?? '');
    if (isOver && awaited?.endedAt === null) awaited.endedAt = entry.at;
    for (const other of begun) {
      open = other;
      traces.set(other, untold(entry.at));
    }
  }
  return traces;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function untold(startedAt: number): Trace {
  return {
    startedAt,
    endedAt: null,
    reply: undefined,
    error: null,
    failedAttempt: null,
    lastAttempt: 0,
  };
}

/** The key of a command among the traces. */
export function traceKey(step: string, direction: Direction): string {
  return `${step}/${direction === 'bar' ? 'action' : direction}`;
}

/** A branch's commands are those of its name, whatever the round. */
function keyOf({ step, direction }: HistoryEntry): string | undefined {
  if (step === null || direction === null) return undefined;
  return traceKey(parseStepName(step)?.branch ?? step, direction);
}

/** What one row says of the command it concerns. */
function told(entry: HistoryEntry): Partial<Trace> {
  if (entry.type === 'started') return {};
  const event = fromHistory(entry);
  if (isAnswerEvent(event)) return toldByReply(event, entry.at);
  switch (event.type) {
    case 'timed-out':
      return failed({ outcome: 'failed', reason: 'timeout' }, event.attempt);
    case 'retry-requested':
      return { endedAt: null, failedAttempt: null };
    case 'skip-requested':
      return { endedAt: entry.at, ...('reply' in event && { reply: event.reply }) };
    case 'resolve-requested':
      return { endedAt: entry.at, ...resolved(event) };
    case 'cancel-requested':
    case 'deadline-passed':
    case 'park-requested':
      return {};
  }
}

function toldByReply({ reply, attempt }: AnswerEvent, at: number): Partial<Trace> {
  switch (reply.outcome) {
    case 'succeeded':
      return { endedAt: at, reply: reply.reply, error: null, failedAttempt: null };
    case 'rejected':
      return { endedAt: at, error: cut(reply), failedAttempt: null };
    case 'failed':
      return failed(cut(reply), attempt);
    case 'barred':
      return { endedAt: at, failedAttempt: null };
    case 'expired':
    case 'hazard':
    case 'heuristic-commit':
    case 'heuristic-abort':
      return { error: { outcome: 'failed', reason: reply.outcome }, failedAttempt: null };
  }
}

function failed(error: TracedError, attempt: number): Partial<Trace> {
  return { error, failedAttempt: attempt };
}

function cut({ outcome, reason, detail }: TracedError): TracedError {
  return { outcome, reason, ...(detail !== undefined && { detail }) };
}

type ResolveRequested = Extract<ReturnType<typeof fromHistory>, { type: 'resolve-requested' }>;

function resolved({ outcome, reply = {}, reason }: ResolveRequested): Partial<Trace> {
  if (outcome === 'succeeded') return { reply, error: null };
  return { error: { outcome: 'rejected', reason: 'resolved-as-rejected', detail: reason } };
}
