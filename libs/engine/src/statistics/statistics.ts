import { isEnded, type AnyTransaction } from '@skald/core';
import type { StatisticsRow, StatisticsWidth } from '../ports/views.js';
import { Durations } from './durations.js';
import { Totals } from './totals.js';

const WIDTHS: Readonly<Record<StatisticsWidth, number>> = { minute: 60_000, hour: 3_600_000 };
/** What happened may be committed a little later than it happened. */
const KEPT_MS = 120_000;

interface Bucket {
  readonly width: StatisticsWidth;
  readonly at: number;
  readonly definition: string;
  readonly durations: Durations;
  started: number;
  completed: number;
  compensated: number;
  parked: number;
  isChanged: boolean;
}

/**
 * What this instance started and ended, per minute and per hour, by definition. It costs a few additions
 * for each transaction and reads nothing; rows are whole, so that writing one twice changes nothing.
 * What was counted since the last time it was written is lost with the process.
 */
export class Statistics {
  /** The same since the process started, for metrics. */
  readonly totals = new Totals();
  private readonly buckets = new Map<string, Bucket>();
  /** The buckets of each definition that were asked for last: nearly always those of now. */
  private readonly latest = new Map<string, readonly [Bucket, Bucket]>();

  committed(
    transaction: AnyTransaction,
    { wasOpen, isStart }: { readonly wasOpen: boolean; readonly isStart: boolean },
  ): void {
    if (isStart) this.started(transaction);
    if (isStart || wasOpen) this.settled(transaction);
  }

  private started({ definition, startedAt }: AnyTransaction): void {
    this.totals.started(definition.name);
    for (const bucket of this.at(startedAt, definition.name)) bucket.started++;
  }

  /** It was open before: it counts if it is not any more. */
  private settled(transaction: AnyTransaction): void {
    const { definition, status, startedAt, updatedAt } = transaction;
    const hasEnded = isEnded(status);
    if (!hasEnded && status !== 'parked') return;
    this.totals.settled(transaction);
    for (const bucket of this.at(updatedAt, definition.name)) {
      if (!hasEnded) bucket.parked++;
      else {
        if (SUCCEEDED.has(status)) bucket.completed++;
        else bucket.compensated++;
        bucket.durations.record(updatedAt - startedAt);
      }
    }
  }

  /** Rows that changed since the last time; those long over are forgotten. */
  taken(now: number): StatisticsRow[] {
    const rows: StatisticsRow[] = [];
    for (const [key, bucket] of this.buckets) {
      const { isChanged, durations, ...row } = bucket;
      if (isChanged) rows.push({ ...row, durations: durations.counts() });
      bucket.isChanged = false;
      if (now <= bucket.at + WIDTHS[bucket.width] + KEPT_MS) continue;
      this.buckets.delete(key);
      this.latest.delete(bucket.definition);
    }
    return rows;
  }

  /** They could not be written: the next time, then. */
  giveBack(rows: readonly StatisticsRow[]): void {
    for (const { width, at, definition } of rows) {
      const bucket = this.buckets.get(keyOf(width, at, definition));
      if (bucket) bucket.isChanged = true;
    }
  }

  /** The minute's and the hour's. */
  private at(time: number, definition: string): readonly [Bucket, Bucket] {
    let pair = this.latest.get(definition);
    if (pair?.[0].at !== startOf('minute', time)) {
      pair = [this.bucket('minute', time, definition), this.bucket('hour', time, definition)];
      this.latest.set(definition, pair);
    }
    for (const bucket of pair) bucket.isChanged = true;
    return pair;
  }

  private bucket(width: StatisticsWidth, time: number, definition: string): Bucket {
    const at = startOf(width, time);
    const key = keyOf(width, at, definition);
    let bucket = this.buckets.get(key);
    if (!bucket) {
      const counts = { started: 0, completed: 0, compensated: 0, parked: 0 };
      const durations = new Durations();
      this.buckets.set(
        key,
        (bucket = { width, at, definition, durations, ...counts, isChanged: true }),
      );
    }
    return bucket;
  }
}

function startOf(width: StatisticsWidth, time: number): number {
  return Math.floor(time / WIDTHS[width]) * WIDTHS[width];
}

const SUCCEEDED: ReadonlySet<string> = new Set(['completed', 'committed']);

function keyOf(width: StatisticsWidth, at: number, definition: string): string {
  return `${width} ${at} ${definition}`;
}
