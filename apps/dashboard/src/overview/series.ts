import type { Schemas } from '../api/client.js';

type Stats = Schemas['Stats'];
type Bucket = Stats['buckets'][number];

/** One point of the charts. */
export interface Point {
  /** Ms since the epoch. */
  readonly at: number;
  readonly started: number;
  readonly completed: number;
  readonly compensated: number;
  readonly parked: number;
  /** Share of those that ended or parked which completed, %; null where none did. */
  readonly success: number | null;
  /** Ms; null where nothing ended, or where several definitions would have to be mixed. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

const EMPTY: Point = {
  at: 0,
  started: 0,
  completed: 0,
  compensated: 0,
  parked: 0,
  success: null,
  p50: null,
  p95: null,
  p99: null,
};

/** Names of the definitions that something happened to, most starts first. */
export function definitionsIn({ buckets }: Stats): string[] {
  const started = new Map<string, number>();
  for (const { definition, started: count } of buckets) {
    started.set(definition, (started.get(definition) ?? 0) + count);
  }
  return [...started].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

/**
 * The points of a range, those without anything included. Percentiles are those of `definition`: of
 * several they cannot be computed.
 */
export function pointsOf(stats: Stats, definition: string | undefined): Point[] {
  const { bucketMs } = stats;
  const wanted = stats.buckets.filter((one) => !definition || one.definition === definition);
  const byTime = new Map<number, Bucket[]>();
  for (const bucket of wanted) {
    const at = Date.parse(bucket.at);
    byTime.set(at, [...(byTime.get(at) ?? []), bucket]);
  }
  // The bucket that is still being filled would look like a fall. At first there is no other.
  const to = Date.parse(stats.to);
  const full = Math.floor(to / bucketMs) * bucketMs;
  const end = [...byTime.keys()].some((at) => at < full) ? full : to;
  const points: Point[] = [];
  for (let at = Date.parse(stats.from); at < end; at += bucketMs) {
    points.push(pointOf(at, byTime.get(at) ?? []));
  }
  return points;
}

/** Whether one point alone has a value: no line can be drawn through it. */
export function isAlone(points: readonly Point[], key: keyof Point): boolean {
  return points.filter((point) => point[key] !== null).length === 1;
}

function pointOf(at: number, buckets: readonly Bucket[]): Point {
  const sum = (key: 'started' | 'completed' | 'compensated' | 'parked') =>
    buckets.reduce((total, bucket) => total + bucket[key], 0);
  const counts = {
    started: sum('started'),
    completed: sum('completed'),
    compensated: sum('compensated'),
    parked: sum('parked'),
  };
  const over = counts.completed + counts.compensated + counts.parked;
  const [only] = buckets;
  const percentiles =
    buckets.length === 1 && only ? { p50: only.p50Ms, p95: only.p95Ms, p99: only.p99Ms } : {};
  const success = over === 0 ? null : (counts.completed / over) * 100;
  return { ...EMPTY, ...percentiles, ...counts, at, success };
}
