/** Bounds of the buckets grow by this factor: a percentile is right within 2 %. */
const GROWTH = 1.04;
const LOG_GROWTH = Math.log(GROWTH);

/** Counts of durations by bucket: `{ "57": 3 }`. Buckets of several are added. */
export type DurationCounts = Readonly<Record<string, number>>;

/** Durations in buckets whose width grows with them; a few dozen numbers, however many were recorded. */
export class Durations {
  private readonly buckets = new Map<number, number>();
  private total = 0;

  record(ms: number): void {
    this.add(bucketOf(ms), 1);
  }

  /** Takes in what another one counted. */
  merge(counts: DurationCounts): void {
    for (const [bucket, count] of Object.entries(counts)) this.add(Number(bucket), count);
  }

  counts(): DurationCounts {
    return Object.fromEntries(this.buckets);
  }

  /** The duration (ms) that a share `q` (0 to 1) does not exceed; null when none was recorded. */
  quantile(q: number): number | null {
    const wanted = Math.max(1, Math.ceil(q * this.total));
    let seen = 0;
    for (const bucket of [...this.buckets.keys()].sort((a, b) => a - b)) {
      seen += this.buckets.get(bucket) ?? 0;
      if (seen >= wanted) return middleOf(bucket);
    }
    return null;
  }

  private add(bucket: number, count: number): void {
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + count);
    this.total += count;
  }
}

/** Below a millisecond all are alike. */
function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.ceil(Math.log(ms) / LOG_GROWTH);
}

function middleOf(bucket: number): number {
  if (bucket === 0) return 1;
  return Math.round(((2 * GROWTH ** bucket) / (GROWTH + 1)) * 10) / 10;
}
