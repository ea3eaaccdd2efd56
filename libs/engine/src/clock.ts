/**
 * The database's clock, as far as this process knows it: a monotonic clock plus an offset that every
 * answer of the database corrects. The process's own wall clock plays no part, however wrong it is.
 */
export class DatabaseClock {
  private offset = 0;
  private last = 0;
  private isSet = false;

  /** `monotonic` gives ms that never jump (`performance.now`). */
  constructor(private readonly monotonic: () => number) {}

  /** Takes over what the database said at an exchange that began at `askedAt` (monotonic ms). */
  sync(databaseNow: number, askedAt: number): void {
    const middle = (askedAt + this.monotonic()) / 2;
    this.offset = databaseNow - middle;
    this.isSet = true;
  }

  /** Monotonic ms, for measuring spans. */
  ticks(): number {
    return this.monotonic();
  }

  /** Whole ms since the epoch by the database; never goes back. */
  now(): number {
    if (!this.isSet) return 0;
    const now = Math.round(this.monotonic() + this.offset);
    if (now > this.last) this.last = now;
    return this.last;
  }
}
