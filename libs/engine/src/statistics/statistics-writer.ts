import type { DatabaseClock } from '../clock.js';
import type { ResolvedOptions } from '../options.js';
import { StoreError, type Incarnation } from '../ports/store.js';
import { Statistics } from './statistics.js';

type WriterOptions = Pick<ResolvedOptions, 'recordStatistics' | 'limits' | 'log'>;

/** Statistics that are written every few seconds, away from the hot path. */
export class StatisticsWriter extends Statistics {
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();
  private owner: Incarnation = 0;

  constructor(
    private readonly options: WriterOptions,
    private readonly clock: DatabaseClock,
  ) {
    super();
  }

  start(owner: Incarnation): void {
    this.owner = owner;
    this.timer = setInterval(() => void this.write(), this.options.limits.statisticsMs);
  }

  /** What was counted so far is written before it ends. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    if (this.timer !== undefined) await this.write();
    this.timer = undefined;
  }

  private write(): Promise<void> {
    // One at a time: an older row must not overtake a newer one.
    this.writing = this.writing.then(() => this.writeOnce());
    return this.writing;
  }

  private async writeOnce(): Promise<void> {
    const rows = this.taken(this.clock.now());
    if (rows.length === 0) return;
    try {
      await this.options.recordStatistics(this.owner, rows);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.giveBack(rows);
      this.options.log.warn('statistics could not be written', { error: error.message });
    }
  }
}
