import type { Log } from '../ports/log.js';
import type {
  ForgottenBatch,
  RetentionCursor,
  RetentionStore,
  RetentionTurn,
} from '../ports/retention.js';
import { StoreError } from '../ports/store.js';

export interface RetentionOptions {
  readonly store: RetentionStore;
  readonly log: Log;
  /** Ended transactions, closed dead letters and ended batches are kept for so long, days. Default 90. */
  readonly retentionDays?: number;
  /** Their ids are known for so long after that, days. Default 90. */
  readonly tombstoneDays?: number;
  /** From the end of a round to the next, ms. Default 1 h. */
  readonly everyMs?: number;
  /** Largest share of its time that it keeps the database busy, above 0 to 1. Default 0.2. */
  readonly load?: number;
  /** Rows of one batch. Default 1,000. */
  readonly batch?: number;
}

/** What a round removed. */
export interface RetentionRound {
  readonly transactions: number;
  readonly flushes: number;
  readonly tombstones: number;
  readonly closed: number;
  readonly partitions: readonly string[];
  readonly postponed: readonly string[];
}

/** The first round comes when a start is well over. */
const FIRST_MS = 60_000;

/**
 * Deletes what ended long ago, in small batches with pauses in proportion: the load it makes is bounded
 * whatever there is to delete. Every instance runs one; one at a time has the turn.
 */
export class RetentionJob {
  private readonly options: Required<RetentionOptions>;
  private timer: NodeJS.Timeout | undefined;
  private wake: (() => void) | undefined;
  private working: Promise<void> | undefined;
  private isStopped = false;

  constructor(options: RetentionOptions) {
    const defaults = { retentionDays: 90, tombstoneDays: 90, everyMs: 3_600_000, load: 0.2 };
    this.options = { ...defaults, batch: 1_000, ...options };
  }

  start(): void {
    this.after(Math.min(FIRST_MS, this.options.everyMs));
  }

  /** Ends when the batch under way is done. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.wake?.();
    await this.working;
  }

  /** One round; undefined while another instance has the turn. @throws StoreError */
  async round(): Promise<RetentionRound | undefined> {
    const turn = await this.options.store.take();
    if (!turn) return undefined;
    try {
      return await this.clean(turn);
    } finally {
      await turn.close();
    }
  }

  private after(ms: number): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.working = this.reported().then(() => this.after(this.options.everyMs));
    }, ms);
    this.timer.unref();
  }

  private async reported(): Promise<void> {
    const { log } = this.options;
    try {
      const round = await this.round();
      if (!round) return;
      const postponed = round.postponed.join(' ');
      const partitions = round.partitions.join(' ');
      if (postponed !== '') log.warn('history partitions are kept for now', { postponed });
      const { transactions, flushes, tombstones, closed } = round;
      if (transactions + flushes + tombstones + closed > 0 || partitions !== '') {
        log.info('what ended long ago was deleted', { ...round, postponed, partitions });
      }
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.warn('clean-up ended early', { error: error.message });
    }
  }

  private async clean(turn: RetentionTurn): Promise<RetentionRound> {
    const { retentionDays, tombstoneDays, batch } = this.options;
    const transactions = await this.forget(turn);
    const { dropped, postponed } = await turn.dropHistory(retentionDays);
    const flushes = await this.whole(() => turn.forgetFlushes(retentionDays, batch));
    const closed = await this.whole(() => turn.forgetClosed(retentionDays, batch));
    const tombstones = await this.whole(() => turn.forgetTombstones(tombstoneDays, batch));
    return { transactions, flushes, tombstones, closed, partitions: dropped, postponed };
  }

  private async forget(turn: RetentionTurn): Promise<number> {
    const { retentionDays, batch } = this.options;
    let cursor: RetentionCursor | null = null;
    let all = 0;
    do {
      const after: RetentionCursor | null = cursor;
      const done: ForgottenBatch = await this.paced(() => turn.forget(retentionDays, after, batch));
      all += done.forgotten;
      cursor = done.next;
    } while (cursor !== null && !this.isStopped);
    return all;
  }

  /** Repeats batches until nothing is left. */
  private async whole(remove: () => Promise<number>): Promise<number> {
    let all = 0;
    for (;;) {
      const removed = await this.paced(remove);
      all += removed;
      if (removed === 0 || this.isStopped) return all;
    }
  }

  /** Rests after the work for as long as the bound on its load asks. */
  private async paced<T>(work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const result = await work();
    const restMs = (performance.now() - begun) * (1 / this.options.load - 1);
    await new Promise<void>((resolve) => {
      if (this.isStopped) resolve();
      else {
        const timer = setTimeout(resolve, restMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }
    });
    return result;
  }
}
