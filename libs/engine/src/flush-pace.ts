/** Flushes that take less are no longer than what it takes to decide the next one: that has to begin at once. */
const SHORT_MS = 3;
/** Of the usual time: then there is still time to decide and hand over the next flush. */
const NEARLY = 0.8;
const SMOOTHING = 8;

/**
 * When the store will be done with the flush it is at, by how long the last ones took it: it takes one after
 * the other. All times are monotonic, in ms.
 */
export class FlushPace {
  private since = 0;
  private usualMs = 0;

  /** The store, which had nothing to do, got a flush. */
  began(at: number): void {
    this.since = at;
  }

  /** It is done with one, and goes on with the next if it has that already. */
  ended(at: number): void {
    this.usualMs += (at - this.since - this.usualMs) / SMOOTHING;
    this.since = at;
  }

  /** Whether the next flush should be made now, to be there when the store is done. */
  isNearlyDone(at: number): boolean {
    return this.usualMs < SHORT_MS || at - this.since >= this.usualMs * NEARLY;
  }
}
