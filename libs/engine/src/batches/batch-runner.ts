import { CoordinatorError } from '@skald/core';
import type { Coordinator, Order } from '../api.js';
import type { Batch, BatchItem, BatchResult, BatchStore } from '../ports/batches.js';
import type { Log } from '../ports/log.js';
import { StoreError } from '../ports/store.js';

export interface BatchRunnerOptions {
  readonly batches: BatchStore;
  readonly coordinator: Pick<Coordinator, 'order'>;
  readonly log: Log;
  /** Names this process among those that may work on batches. */
  readonly worker: string;
  /** Orders per second. Default 200. */
  readonly ratePerSecond?: number;
  /** How often it is looked for work, ms. Default 500. */
  readonly pollMs?: number;
  /** Nobody else works on a batch for so long after the last sign of life, ms. Default 10,000. */
  readonly leaseMs?: number;
}

const CHUNK = 50;
/** A transaction that moved each time its turn came is left alone. */
const MAX_TRIES = 20;
const PAUSE_MS = 1_000;

/**
 * Carries out batches, a few transactions at a time and not faster than its rate. Every instance runs
 * one; what one leaves behind, another goes on with.
 */
export class BatchRunner {
  private readonly options: Required<BatchRunnerOptions>;
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;
  private isStopped = false;

  constructor(options: BatchRunnerOptions) {
    this.options = { ratePerSecond: 200, pollMs: 500, leaseMs: 10_000, ...options };
  }

  start(): void {
    this.after(0);
  }

  /** Ends when the transactions whose turn it is are settled. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.working;
  }

  private after(ms: number): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.working = this.look().then((pauseMs) => this.after(pauseMs));
    }, ms);
  }

  /** Gives ms until the next look. */
  private async look(): Promise<number> {
    const { batches, worker, leaseMs, pollMs, log } = this.options;
    const begun = performance.now();
    try {
      const batch = await batches.take(worker, leaseMs);
      if (!batch) return pollMs;
      const items = await batches.next(batch.id, CHUNK);
      if (items.length === 0) {
        await batches.finish(batch.id);
        return 0;
      }
      const settled = await this.carryOut(batch, items);
      if (settled === 0) return PAUSE_MS;
      const dueMs = (items.length / this.options.ratePerSecond) * 1_000;
      return Math.max(0, dueMs - (performance.now() - begun));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.warn('a batch could not be gone on with', { error: error.message });
      return PAUSE_MS;
    }
  }

  private async carryOut(batch: Batch, items: readonly BatchItem[]): Promise<number> {
    const all = await Promise.all(items.map((item) => this.resultOf(batch, item)));
    const results = all.filter((result) => result !== undefined);
    if (results.length > 0) await this.options.batches.settle(batch.id, results);
    return results.length;
  }

  /** Undefined when its turn has to come again. */
  private async resultOf(batch: Batch, item: BatchItem): Promise<BatchResult | undefined> {
    const { transaction, version, isDone, tries } = item;
    const refused = (detail: string) => ({ transaction, state: 'refused', detail }) as const;
    const done = { transaction, state: 'done', detail: null } as const;
    if (isDone) return done;
    if (version === undefined) return refused('there is no such transaction');
    if (tries > MAX_TRIES) return refused('it moved whenever its turn came');
    try {
      await this.options.coordinator.order(transaction, orderOf(batch), {
        ifVersion: version,
        batch: batch.id,
      });
      return done;
    } catch (error) {
      if (!(error instanceof CoordinatorError)) throw error;
      return comesAgain(error) ? undefined : refused(error.message);
    }
  }
}

/** It moved, or it is not known what became of the order: the next turn tells. */
function comesAgain({ code }: CoordinatorError): boolean {
  return code === 'VERSION_MISMATCH' || code === 'STORE_UNAVAILABLE' || code === 'OVERLOADED';
}

function orderOf({ action, by, reason }: Batch): Order {
  return { type: `${action}-requested`, by, reason };
}
