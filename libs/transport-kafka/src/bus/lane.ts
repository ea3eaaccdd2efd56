import { TransientMap } from '@skald/core';
import { RedeliverLater, type BusBatch, type BusMessage, type SubscribeOptions } from './bus.js';

const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 5_000;
/** Settled messages behind one unsettled, as a multiple of the high-water mark. */
const MAX_WINDOW_FACTOR = 10;
/** At the front of the window: closing up costs as much for many as for one. */
const MAX_EMPTY_PLACES = 256;

export interface LaneOptions extends Pick<SubscribeOptions, 'onBatch' | 'onPoison'> {
  readonly topic: string;
  readonly partition: number;
  readonly maxBatch: number;
  readonly highWaterMark: number;
  readonly maxFailures: number;
  /** `position` has moved. */
  readonly onProgress: () => void;
  /** The lane is full, or no longer so. */
  readonly onPressure: (isFull: boolean) => void;
}

interface Entry {
  readonly message: BusMessage;
  readonly acceptedAt: number;
  isSettled: boolean;
  /** Number of the delivery that is under way; 0 = waiting. */
  delivery: number;
  /** It was in a batch that failed: to be delivered alone, to learn which message is to blame. */
  isSuspect: boolean;
  /** Failures that were this message's own. */
  failures: number;
}

interface Retry {
  readonly entry: Entry;
  readonly dueAt: number;
}

/**
 * Delivers the messages of one partition, for as long as it is ours, and knows how far they are
 * settled. It redelivers from memory: the log is read again only by another member or after a
 * restart, from `position`.
 *
 * L1. Every accepted message is settled, delivered, or waits in `fresh` or `retries`; never lost.
 * L2. `position` never passes an unsettled message.
 * L3. A failure counts against a message only when it was alone in failing.
 */
export class Lane {
  /** The position that was last stored with the group. */
  storedPosition: string | null = null;
  /** What is not settled, and what is settled behind it; empty places before `first`. */
  private readonly window: (Entry | undefined)[] = [];
  private first = 0;
  /** By offset; what is not settled. */
  private readonly entries = new TransientMap<string, Entry>();
  private fresh: Entry[] = [];
  private retries: Retry[] = [];
  private deliveries = 0;
  private restsUntil = 0;
  private highest = -1n;
  /** Offset of the last of those that are settled without a gap. */
  private settledTo: string | null = null;
  private isPumping = false;
  private isFull = false;
  private isRetired = false;
  private isClosing = false;
  private timer: NodeJS.Timeout | undefined;
  private drainWaiters: (() => void)[] = [];

  constructor(private readonly options: LaneOptions) {}

  /** The offset to read next after a restart, or null while nothing is settled. */
  get position(): string | null {
    return this.settledTo === null ? null : String(BigInt(this.settledTo) + 1n);
  }

  /** Messages that are accepted and not settled. */
  get unsettled(): number {
    return this.entries.size;
  }

  /** Since when the oldest unsettled message has waited, in ms since the epoch. */
  get waitingSince(): number | null {
    return this.window[this.first]?.acceptedAt ?? null;
  }

  /** Takes messages in the order of their offsets; those it already has are left out. */
  accept(messages: readonly BusMessage[]): void {
    if (this.isRetired || this.isClosing) return;
    const acceptedAt = Date.now();
    for (const message of messages) {
      const offset = BigInt(message.offset);
      if (offset <= this.highest) continue;
      this.highest = offset;
      const entry: Entry = {
        message,
        acceptedAt,
        isSettled: false,
        delivery: 0,
        isSuspect: false,
        failures: 0,
      };
      this.window.push(entry);
      this.entries.set(message.offset, entry);
      this.fresh.push(entry);
    }
    this.feelPressure();
    this.pump();
  }

  /** The partition is somebody else's now: nothing is delivered any more, nothing counts. */
  retire(): void {
    this.isRetired = true;
    this.forgetUndelivered();
    this.entries.clear();
    this.window.length = 0;
    this.first = 0;
    if (this.isFull) this.options.onPressure(false);
    this.isFull = false;
    this.tellDrained();
  }

  /** Delivers nothing more, and fulfils when what is under way is settled. */
  async drain(): Promise<void> {
    this.isClosing = true;
    this.forgetUndelivered();
    if (!this.isWorking()) return;
    await new Promise<void>((resolve) => this.drainWaiters.push(resolve));
  }

  private forgetUndelivered(): void {
    this.fresh = [];
    this.retries = [];
    clearTimeout(this.timer);
  }

  private isWorking(): boolean {
    for (const entry of this.entries.values()) if (entry.delivery > 0) return true;
    return false;
  }

  private tellDrained(): void {
    if (this.drainWaiters.length === 0 || this.isWorking()) return;
    for (const resolve of this.drainWaiters.splice(0)) resolve();
  }

  private pump(): void {
    if (this.isPumping) return;
    this.isPumping = true;
    void this.deliverAll().finally(() => {
      this.isPumping = false;
      this.wakeLater();
    });
  }

  private async deliverAll(): Promise<void> {
    for (let next = this.next(); next.length > 0; next = this.next()) await this.deliver(next);
  }

  /** What to deliver now: a message that failed alone, the others in batches. */
  private next(): Entry[] {
    const now = Date.now();
    if (this.isRetired || this.isClosing || now < this.restsUntil) return [];
    const due = this.retries.filter((retry) => retry.dueAt <= now && !retry.entry.isSettled);
    const suspect = due.find((retry) => retry.entry.isSuspect);
    const again = suspect ? [suspect] : due.slice(0, this.options.maxBatch);
    if (again.length === 0) return this.fresh.splice(0, this.options.maxBatch);
    this.retries = this.retries.filter((retry) => !again.includes(retry));
    return again.map((retry) => retry.entry);
  }

  private wakeLater(): void {
    clearTimeout(this.timer);
    if (this.isRetired || this.isClosing) return;
    this.retries = this.retries.filter((retry) => !retry.entry.isSettled);
    if (this.fresh.length === 0 && this.retries.length === 0) return;
    const soonest = this.fresh.length > 0 ? 0 : Math.min(...this.retries.map((r) => r.dueAt));
    const dueIn = Math.max(soonest, this.restsUntil) - Date.now();
    this.timer = setTimeout(
      () => {
        this.pump();
      },
      Math.min(Math.max(dueIn, 0), MAX_BACKOFF_MS),
    );
  }

  private async deliver(batch: Entry[]): Promise<void> {
    const delivery = ++this.deliveries;
    for (const entry of batch) entry.delivery = delivery;
    try {
      await this.options.onBatch(this.handed(batch, delivery));
    } catch (error) {
      const failed = batch.filter((entry) => !entry.isSettled && entry.delivery === delivery);
      for (const entry of failed) this.fail(entry, error, failed.length === 1);
    }
    this.tellDrained();
  }

  private handed(batch: Entry[], delivery: number): BusBatch {
    return {
      topic: this.options.topic,
      partition: this.options.partition,
      messages: batch.map((entry) => entry.message),
      resolve: (message) => {
        const entry = this.entries.get(message.offset);
        if (entry) this.settle(entry);
      },
      reject: (message, error) => {
        const entry = this.entries.get(message.offset);
        if (entry?.delivery !== delivery) return; // Settled, or delivered again meanwhile.
        this.fail(entry, error, true);
        this.pump();
        this.tellDrained();
      },
      isStale: () => this.isRetired,
    };
  }

  private fail(entry: Entry, error: unknown, isOwnFault: boolean): void {
    entry.delivery = 0;
    if (this.isRetired || this.isClosing) return;
    const now = Date.now();
    if (error instanceof RedeliverLater) {
      this.restsUntil = Math.max(this.restsUntil, now + error.afterMs);
      this.retries.push({ entry, dueAt: this.restsUntil });
      return;
    }
    entry.isSuspect = true;
    if (!isOwnFault) {
      this.retries.push({ entry, dueAt: now });
      return;
    }
    entry.failures++;
    if (entry.failures < this.options.maxFailures) {
      this.retries.push({ entry, dueAt: now + backoff(entry.failures) });
    } else {
      void this.bury(entry, error);
    }
  }

  /** Apart from the pump: a dead-letter table that is slow must not hold up the partition. */
  private async bury(entry: Entry, error: unknown): Promise<void> {
    entry.delivery = ++this.deliveries;
    try {
      await this.options.onPoison(entry.message, error);
      this.settle(entry);
    } catch {
      // No dead letter, so the database may be what is wrong, and the message be innocent.
      entry.delivery = 0;
      if (this.isRetired || this.isClosing) return;
      entry.failures = Math.max(1, this.options.maxFailures - 1);
      this.retries.push({ entry, dueAt: Date.now() + MAX_BACKOFF_MS / 5 });
      this.pump();
    } finally {
      this.tellDrained();
    }
  }

  private settle(entry: Entry): void {
    if (entry.isSettled || this.isRetired) return;
    entry.isSettled = true;
    entry.delivery = 0;
    this.entries.delete(entry.message.offset);
    this.advance();
    this.feelPressure();
    this.tellDrained();
  }

  private advance(): void {
    const { window } = this;
    let last: Entry | undefined;
    for (let next = window[this.first]; next?.isSettled; next = window[++this.first]) {
      window[this.first] = undefined;
      last = next;
    }
    if (!last) return;
    if (this.first >= MAX_EMPTY_PLACES || this.first === window.length) {
      window.splice(0, this.first);
      this.first = 0;
    }
    this.settledTo = last.message.offset;
    this.options.onProgress();
  }

  private feelPressure(): void {
    const { highWaterMark } = this.options;
    const room = this.isFull ? highWaterMark / 2 : highWaterMark;
    const isFull =
      this.entries.size >= room ||
      this.window.length - this.first >= highWaterMark * MAX_WINDOW_FACTOR;
    if (isFull === this.isFull) return;
    this.isFull = isFull;
    this.options.onPressure(isFull);
  }
}

function backoff(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), MAX_BACKOFF_MS);
}
