import type { Branch, Call, HistoryItem, Transaction } from './transaction.js';

export interface Mark {
  /** Ms since the epoch. */
  readonly at: number;
  readonly attempt: number;
  /** `succeeded`, `rejected`, `failed`, `timed-out` … */
  readonly outcome: string;
  readonly detail: string;
}

/** One call of one step: from when it was first sent until it was over. */
export interface Span {
  readonly key: string;
  readonly step: string;
  readonly direction: 'action' | 'compensation';
  readonly operation: string;
  readonly startedAt: number;
  /** Null = not over. */
  readonly endedAt: number | null;
  /** Answers to its attempts; between two of them it waited and asked again. */
  readonly marks: readonly Mark[];
}

/** What somebody, or the deadline, did at a time. */
export interface Moment {
  readonly at: number;
  readonly what: string;
}

export interface Timeline {
  readonly from: number;
  readonly to: number;
  readonly spans: readonly Span[];
  readonly moments: readonly Moment[];
}

/** More answers than this are not drawn one by one. */
const MAX_MARKS = 200;

/** The timeline of a transaction from its view and what is known of its history. */
export function timelineOf(
  transaction: Transaction,
  history: readonly HistoryItem[],
  now: number,
): Timeline {
  const marks = marksOf(history);
  const { branches = [], createdAt, endedAt, decision } = transaction;
  const spans = stepSpans(transaction, marks)
    .concat(branchSpans({ branches, begunAt: createdAt, endedAt, decision }))
    .sort((a, b) => a.startedAt - b.startedAt);
  const from = Date.parse(transaction.createdAt);
  const to = transaction.endedAt ? Date.parse(transaction.endedAt) : now;
  return { from, to: Math.max(to, from + 1), spans, moments: momentsOf(history) };
}

/** Of each step; the branches of an atomic one are asked when the step before is over. */
function stepSpans(
  { steps = [], createdAt, endedAt }: Transaction,
  marks: SpanSource['marks'],
): Span[] {
  let begunAt = createdAt;
  return steps.flatMap((step) => {
    const { name, action, compensation, branches, state, decision } = step;
    const of = (owner: string, direction: Span['direction'], call: Call | null) =>
      spanOf({ step: owner, direction, call, marks }) ?? [];
    if (!branches) {
      begunAt = action?.endedAt ?? begunAt;
      return [of(name, 'action', action), of(name, 'compensation', compensation)].flat();
    }
    const spans = state === 'pending' ? [] : branchSpans({ branches, begunAt, endedAt, decision });
    begunAt =
      branches
        .map(({ acknowledgedAt }) => acknowledgedAt ?? begunAt)
        .sort()
        .at(-1) ?? begunAt;
    return [...spans, ...branches.flatMap((one) => of(one.name, 'compensation', one.compensation))];
  });
}

interface Asked {
  readonly branches: readonly Branch[];
  /** When they were asked. */
  readonly begunAt: string;
  /** Of the transaction. */
  readonly endedAt: string | null;
  readonly decision: Transaction['decision'] | null;
}

/** Of each branch: until its vote, and from the vote until it knows the decision. */
function branchSpans({ branches, begunAt, endedAt, decision }: Asked): Span[] {
  return branches.flatMap(({ name, participant, operation, vote, votedAt, acknowledgedAt }) => {
    const common = {
      operation: `${participant}.${operation}`,
      direction: 'action',
      marks: [],
    } as const;
    // One without a vote is no longer asked once the decision fell.
    const asked = votedAt ?? acknowledgedAt ?? endedAt;
    const voted = asked === null ? null : Date.parse(asked);
    const outcome = vote === 'abort' ? 'rejected' : vote === null ? 'pending' : 'succeeded';
    const detail = vote === null ? 'no vote' : `vote ${vote}`;
    const prepare = {
      ...common,
      key: name,
      step: name,
      startedAt: Date.parse(begunAt),
      marks: voted === null ? [] : [{ at: voted, attempt: 1, outcome, detail }],
    };
    const told = acknowledgedAt === null ? null : Date.parse(acknowledgedAt);
    const delivery = { ...common, key: `${name}/`, step: `${name}: decision` };
    const isTold = votedAt !== null && vote === 'commit' && Boolean(decision);
    return [
      { ...prepare, endedAt: voted },
      ...(isTold ? [{ ...delivery, startedAt: Date.parse(votedAt), endedAt: told }] : []),
    ];
  });
}

interface SpanSource {
  readonly step: string;
  readonly direction: Span['direction'];
  readonly call: Call | null;
  readonly marks: ReadonlyMap<string, Mark[]>;
}

function spanOf({ step, direction, call, marks }: SpanSource): Span | undefined {
  if (!call?.startedAt) return undefined;
  const key = `${step}/${direction}`;
  return {
    key,
    step,
    direction,
    operation: `${call.participant}.${call.operation}`,
    startedAt: Date.parse(call.startedAt),
    endedAt: call.endedAt === null ? null : Date.parse(call.endedAt),
    marks: (marks.get(key) ?? []).slice(-MAX_MARKS),
  };
}

function marksOf(history: readonly HistoryItem[]): Map<string, Mark[]> {
  const marks = new Map<string, Mark[]>();
  for (const { step, direction, attempt, at, type, data } of history) {
    if (step === null || direction === null) continue;
    const [name = step] = step.split('.'); // A branch goes on by its name in every round.
    const key = `${name}/${direction === 'compensation' ? 'compensation' : 'action'}`;
    const all = marks.get(key) ?? [];
    all.push({
      at: Date.parse(at),
      attempt: attempt ?? 1,
      outcome: typeof data['outcome'] === 'string' ? data['outcome'] : type,
      detail: typeof data['reason'] === 'string' ? data['reason'] : '',
    });
    marks.set(key, all);
  }
  return marks;
}

function momentsOf(history: readonly HistoryItem[]): Moment[] {
  return history
    .filter(({ type }) => type.endsWith('-requested') || type === 'deadline-passed')
    .map(({ at, type }) => ({ at: Date.parse(at), what: type.replace('-', ' ') }));
}

/** Round times for an axis of about `count` ticks, as ms after the start. */
export function ticksOf(lengthMs: number, count: number): number[] {
  const raw = lengthMs / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const stepMs = Math.max(1, power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10));
  // One at the very end would have no room for its words.
  const last = Math.floor((lengthMs * 0.97) / stepMs);
  return Array.from({ length: last + 1 }, (_, index) => index * stepMs);
}
