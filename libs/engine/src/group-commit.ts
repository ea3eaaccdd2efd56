import { CoordinatorError } from '@skald/core';
import { decide, type Decided } from './decide.js';
import type { Live } from './live.js';
import type { DatabaseClock } from './clock.js';
import { FlushPace } from './flush-pace.js';
import type { Log } from './ports/log.js';
import {
  StoreError,
  type FlushResult,
  type Incarnation,
  type StartRecord,
  type TransactionStore,
  type UpdateRecord,
} from './ports/store.js';

export interface GroupCommitOptions {
  readonly store: TransactionStore;
  readonly clock: DatabaseClock;
  readonly log: Log;
  readonly maxBatch: number;
  readonly sleepAfterMs: number;
  /** It is durable: effects may leave. */
  readonly onCommitted: (decided: Decided) => void;
  /** Somebody else moved the row, or started it: read it again. */
  readonly onLost: (decided: Decided) => void;
  /** Nothing had to be stored. */
  readonly onAbsorbed: (decided: Decided) => void;
  /** The database refuses what this transaction brings. */
  readonly onRefusedData: (decided: Decided, error: StoreError) => void;
  /** The database is away and it is not known whether this became durable; callers are told so. */
  readonly onUncertain: (decided: Decided) => void;
  /**
   * The database is away, and what is queued for this transaction has not been sent to it: callers are told
   * so. False when nothing is left to decide.
   */
  readonly onHeldUp: (live: Live) => boolean;
  /** What was uncertain did not become durable: decide again. */
  readonly onNotStored: (decided: Decided) => void;
  /** All of a flush was handled: what waits to be sent may leave together. */
  readonly onFlushed: () => void;
}

const MAX_PAUSE_MS = 1_000;
/** One that is being committed, one that is ready to follow it on the same connection. */
const MAX_UNDER_WAY = 2;
/** Fewer events are better kept for a larger group. */
const PIPELINED_FROM = 32;

/**
 * Commits the decisions of many transactions in one statement.
 *
 * E3  Flushes wait for no timer: while one is in flight events queue, and the next takes them all. When
 *     many wait, that next one is decided and handed over before this one is committed.
 * E4  A transaction occurs once in a flush, and in one flush at a time.
 * E5  After a connection is lost at commit nothing goes on before it is known what became durable. Callers
 *     that wait behind it are told to ask again.
 */
export class GroupCommit {
  private ready: Live[] = [];
  private underWay = 0;
  private isScheduled = false;
  private flushes = 0;
  private writer: Incarnation = 0;
  private idle: (() => void)[] = [];
  private uncertain = 0;
  private isStopped = false;
  private readonly pace = new FlushPace();
  /** Since the process started. */
  readonly counts = { flushes: 0, rows: 0, lost: 0, ms: 0 };

  constructor(private readonly options: GroupCommitOptions) {}

  /** Whether the outcome of a flush is unknown because the database is away. */
  get isUncertain(): boolean {
    return this.uncertain > 0;
  }

  get queued(): number {
    return this.ready.length;
  }

  begin(writer: Incarnation): void {
    this.writer = writer;
  }

  /** The transaction has events to decide. */
  enqueue(live: Live): void {
    if (live.isQueued) return;
    live.isQueued = true;
    this.ready.push(live);
    this.schedule();
  }

  /** Resolves when nothing is queued and nothing in flight. */
  drained(): Promise<void> {
    if (this.underWay === 0 && this.ready.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  /** The store is not waited for any more: what is not stored by now is left as it is there. */
  stop(): void {
    this.isStopped = true;
  }

  private schedule(): void {
    if (this.isScheduled || !this.mayFlush()) return;
    this.isScheduled = true;
    // The events of this turn of the loop go into one flush.
    setImmediate(() => {
      this.isScheduled = false;
      this.pump();
    });
  }

  private mayFlush(): boolean {
    if (this.ready.length === 0 || this.isUncertain || this.isStopped) return false;
    if (this.underWay === 0) return true;
    if (this.underWay >= MAX_UNDER_WAY || this.ready.length < PIPELINED_FROM) return false;
    return this.pace.isNearlyDone(this.options.clock.ticks());
  }

  private pump(): void {
    while (this.mayFlush()) void this.flushOnce();
    if (this.underWay > 0 || this.ready.length > 0) return;
    for (const resolve of this.idle.splice(0)) resolve();
  }

  private async flushOnce(): Promise<void> {
    this.underWay++;
    const group = this.take();
    if (group.length > 0) await this.commit(group);
    this.underWay--;
    this.options.onFlushed();
    this.pump();
  }

  /** Decides what is ready; what has to be stored is the next group. */
  private take(): Decided[] {
    const { maxBatch, sleepAfterMs, onAbsorbed } = this.options;
    const batch = this.ready.splice(0, maxBatch);
    const group: Decided[] = [];
    for (const live of batch) {
      const decided = decide(live, sleepAfterMs);
      if (decided.start || decided.update) {
        group.push(decided);
      } else {
        this.release(decided);
        onAbsorbed(decided);
      }
    }
    return group;
  }

  /** Its next events may be decided; `isQueued` kept them out of this flush. */
  private release({ live }: Decided): void {
    live.isQueued = false;
    if (live.queue.length > 0) this.enqueue(live);
  }

  private async commit(group: Decided[]): Promise<void> {
    // Sorted by id, so that two instances never wait for each other's rows in a circle.
    group.sort((a, b) => (a.live.started.id < b.live.started.id ? -1 : 1));
    for (let tries = 0; ; tries++) {
      const flush = ++this.flushes;
      try {
        this.conclude(group, await this.write(flush, group));
        return;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (error.kind === 'unavailable') {
          await this.recover(flush, group, error);
          return;
        }
        if (error.kind === 'data') {
          await this.halve(group, error);
          return;
        }
        if (this.isStopped) {
          for (const decided of group) this.options.onUncertain(decided);
          return;
        }
        await pause(tries);
      }
    }
  }

  private async write(flush: number, group: readonly Decided[]): Promise<FlushResult> {
    const { store, clock } = this.options;
    const starts: StartRecord[] = [];
    const updates: UpdateRecord[] = [];
    for (const { start, update } of group) {
      if (start) starts.push(start);
      if (update) updates.push(update);
    }
    const askedAt = clock.ticks();
    if (this.underWay === 1) this.pace.began(askedAt);
    const result = await store.commit({ writer: this.writer, flush, starts, updates });
    clock.sync(result.now, askedAt);
    const doneAt = clock.ticks();
    this.pace.ended(doneAt);
    this.counts.flushes++;
    this.counts.rows += group.length;
    this.counts.ms += doneAt - askedAt;
    return result;
  }

  private conclude(group: readonly Decided[], { started, updated }: FlushResult): void {
    for (const decided of group) {
      const { id } = decided.live.started;
      const isStored = decided.start ? started.has(id) : updated.has(id);
      if (isStored) this.options.onCommitted(decided);
      else {
        this.counts.lost++;
        this.options.onLost(decided);
      }
      this.release(decided);
    }
  }

  /** The database refused some row's data: the group is halved until the culprit stands alone. */
  private async halve(group: Decided[], error: StoreError): Promise<void> {
    const [first] = group;
    if (group.length === 1 && first) {
      this.options.onRefusedData(first, error);
      this.release(first);
      return;
    }
    const middle = group.length >> 1;
    await this.commit(group.slice(0, middle));
    await this.commit(group.slice(middle));
  }

  private async recover(
    flush: number,
    group: readonly Decided[],
    error: StoreError,
  ): Promise<void> {
    const { log, onUncertain, onHeldUp, onNotStored, onCommitted } = this.options;
    this.uncertain++;
    log.warn('the outcome of a commit is unknown', {
      flush,
      rows: group.length,
      error: error.message,
    });
    for (const decided of group) onUncertain(decided);
    for (const live of this.ready.splice(0)) {
      live.isQueued = onHeldUp(live);
      if (live.isQueued) this.ready.push(live);
    }
    const found = await this.readBack(flush);
    if (!found) return; // It stays uncertain, and nothing goes on.
    const { started, updated } = found;
    this.uncertain--;
    for (const decided of group) {
      const { id } = decided.live.started;
      if (started.has(id) || updated.has(id)) onCommitted(decided);
      else onNotStored(decided);
      this.release(decided);
    }
    log.info('the outcome of a commit was read back', { flush, rows: started.size + updated.size });
  }

  /** What became durable of a flush; undefined when all stops before that is known. */
  private async readBack(flush: number): Promise<FlushResult | undefined> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.options.store.readBack(this.writer, flush);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (this.isStopped) return undefined;
        await pause(tries);
      }
    }
  }
}

/** Waits a little longer each time, up to a second. */
async function pause(tries: number): Promise<void> {
  const pauseMs = Math.min(MAX_PAUSE_MS, 10 * 2 ** Math.min(tries, 10));
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}

/** What callers hear while the database is away. */
export function storeUnavailable(cause?: unknown): CoordinatorError {
  return new CoordinatorError('STORE_UNAVAILABLE', 'the database cannot be reached; try again', {
    retryAfterSeconds: 1,
    cause,
  });
}
