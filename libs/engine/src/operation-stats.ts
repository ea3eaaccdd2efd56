import type { Direction } from '@skald/core';
import type { OperationSnapshot } from './api.js';
import type { Sign } from './ports/transport.js';

const SAMPLES = 256;
const WINDOW_MS = 60_000;

/** Counts and latencies of one operation and direction: the last minute or two, at a fixed cost. */
export class OperationStats {
  private readonly latencies = new Float64Array(SAMPLES);
  private taken = 0;
  private current = { since: 0, succeeded: 0, rejected: 0, failed: 0 };
  private previous = { since: 0, succeeded: 0, rejected: 0, failed: 0 };

  constructor(
    private readonly operation: string,
    private readonly direction: Direction,
  ) {}

  isOf(operation: string, direction: Direction): boolean {
    return this.operation === operation && this.direction === direction;
  }

  record(sign: Sign, latencyMs: number, now: number): void {
    if (now - this.current.since > WINDOW_MS) {
      this.previous = this.current;
      this.current = { since: now, succeeded: 0, rejected: 0, failed: 0 };
    }
    if (sign === 'rejected') this.current.rejected++;
    else if (sign === 'failed' || sign === 'timeout' || sign === 'undelivered')
      this.current.failed++;
    else this.current.succeeded++;
    this.latencies[this.taken++ % SAMPLES] = latencyMs;
  }

  snapshot(now: number): OperationSnapshot {
    const recent = [this.current, this.previous].filter(
      ({ since }) => now - since <= 2 * WINDOW_MS,
    );
    const sum = (key: 'succeeded' | 'rejected' | 'failed') =>
      recent.reduce((total, bucket) => total + bucket[key], 0);
    const sorted = this.latencies.slice(0, Math.min(this.taken, SAMPLES)).sort();
    const quantile = (q: number) => sorted[Math.floor(q * (sorted.length - 1))] ?? null;
    return {
      operation: this.operation,
      direction: this.direction,
      succeeded: sum('succeeded'),
      rejected: sum('rejected'),
      failed: sum('failed'),
      p50Ms: quantile(0.5),
      p95Ms: quantile(0.95),
      p99Ms: quantile(0.99),
    };
  }
}
