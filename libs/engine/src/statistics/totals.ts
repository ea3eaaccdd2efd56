import { isEnded, type AnyTransaction, type Status } from '@skald/core';

/** Upper bounds of the duration buckets, ms; one more takes what is longer. */
export const DURATION_BOUNDS_MS: readonly number[] = [
  ...[5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000],
  ...[30_000, 60_000, 300_000, 3_600_000],
];

/** What one instance counted of a definition since it started. */
export interface DefinitionTotals {
  readonly definition: string;
  readonly started: number;
  /** By the status that ended or parked them. */
  readonly settled: ReadonlyMap<Status, number>;
  /** Of those that ended, by bucket of `DURATION_BOUNDS_MS`. */
  readonly durations: readonly number[];
  readonly durationSumMs: number;
}

interface Counted {
  definition: string;
  started: number;
  settled: Map<Status, number>;
  durations: number[];
  durationSumMs: number;
}

/** Counts that only grow, for metrics: a few additions for each transaction. */
export class Totals {
  private readonly byDefinition = new Map<string, Counted>();

  started(definition: string): void {
    this.of(definition).started++;
  }

  settled({ definition: { name }, status, startedAt, updatedAt }: AnyTransaction): void {
    const counted = this.of(name);
    counted.settled.set(status, (counted.settled.get(status) ?? 0) + 1);
    if (!isEnded(status)) return;
    const ms = updatedAt - startedAt;
    const above = DURATION_BOUNDS_MS.findIndex((bound) => ms <= bound);
    const bucket = above < 0 ? DURATION_BOUNDS_MS.length : above;
    counted.durations[bucket] = (counted.durations[bucket] ?? 0) + 1;
    counted.durationSumMs += ms;
  }

  all(): readonly DefinitionTotals[] {
    return [...this.byDefinition.values()];
  }

  private of(definition: string): Counted {
    let counted = this.byDefinition.get(definition);
    if (!counted) {
      const durations = new Array<number>(DURATION_BOUNDS_MS.length + 1).fill(0);
      counted = { definition, started: 0, settled: new Map(), durations, durationSumMs: 0 };
      this.byDefinition.set(definition, counted);
    }
    return counted;
  }
}
