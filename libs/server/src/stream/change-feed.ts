import type { Change, ChangePage, Log, StreamPosition, Views, WantedChanges } from '@skald/engine';
import { covers, merge } from './position.js';

const PAGE_ROWS = 1_000;

/** Gets changes in order; after `lost` nothing follows, and it has to begin again from its position. */
export interface Listener {
  changed(change: Change): void;
  /** The changes of one look into the database are told. */
  looked(): void;
  lost(): void;
}

export interface FeedOptions {
  readonly views: Pick<Views, 'changes'>;
  readonly wanted: WantedChanges;
  readonly pollMs: number;
  readonly log: Log | undefined;
}

/**
 * One look into the database for all who listen. It polls only while somebody does.
 *
 * Each listener gets every change after its position exactly once: first what it missed, read for it
 * alone, then what all get. Both meet where the listener's position covers the one it joined at.
 */
export class ChangeFeed {
  private readonly subscribers = new Set<Subscriber>();
  private position: StreamPosition | null = null;
  private timer: NodeJS.Timeout | undefined;
  private polling: Promise<void> | undefined;

  constructor(private readonly options: FeedOptions) {}

  /** Begins after `after`, or now. Rejects when the store cannot be read. The result ends it. */
  async subscribe(listener: Listener, after: StreamPosition | undefined): Promise<() => void> {
    await this.begin();
    const joined = this.position ?? {};
    const subscriber = new Subscriber(listener, after ?? joined);
    this.subscribers.add(subscriber);
    this.schedule();
    const unsubscribe = () => {
      this.subscribers.delete(subscriber);
      if (this.subscribers.size === 0) this.pause();
    };
    try {
      await this.catchUp(subscriber, joined);
    } catch (error) {
      unsubscribe();
      throw error;
    }
    subscriber.goLive();
    return unsubscribe;
  }

  /** Ends all subscriptions. */
  async close(): Promise<void> {
    this.loseAll();
    await this.polling;
  }

  private async begin(): Promise<void> {
    if (this.position !== null) return;
    const { position } = await this.options.views.changes(null, 1);
    this.position ??= position;
  }

  private async catchUp(subscriber: Subscriber, joined: StreamPosition): Promise<void> {
    while (this.subscribers.has(subscriber) && !covers(subscriber.position, joined)) {
      const page = await this.read(subscriber.position);
      for (const change of page.changes) subscriber.give(change);
      subscriber.looked();
      subscriber.moveTo(page.position);
      if (page.changes.length === 0) return;
    }
  }

  private schedule(): void {
    if (this.timer !== undefined || this.polling) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.polling = this.poll().finally(() => {
        this.polling = undefined;
        if (this.subscribers.size > 0) this.schedule();
      });
    }, this.options.pollMs);
  }

  private async poll(): Promise<void> {
    try {
      let page: ChangePage;
      do {
        page = await this.read(this.position);
        this.position = page.position;
        for (const change of page.changes) {
          for (const subscriber of this.subscribers) subscriber.offer(change);
        }
        for (const subscriber of this.subscribers) subscriber.looked();
        // A page may be short of what there is: some changes have to wait for others.
      } while (page.hasMore && page.changes.length > 0 && this.subscribers.size > 0);
    } catch (error) {
      // Whoever listens comes back with its position; the store may be there again by then.
      this.options.log?.warn('change feed interrupted', { error: String(error) });
      this.loseAll();
    }
  }

  private read(position: StreamPosition | null): Promise<ChangePage> {
    const { views, wanted } = this.options;
    return views.changes(position, PAGE_ROWS, wanted);
  }

  private loseAll(): void {
    const all = [...this.subscribers];
    this.subscribers.clear();
    this.pause();
    for (const subscriber of all) subscriber.lose();
  }

  /** Nobody reads on: whoever comes next begins at a position of its own. */
  private pause(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.position = null;
  }
}

/** More changes than this while one catches up, and it has to come again. */
const MAX_WAITING = 20_000;

class Subscriber {
  /** Changes that all get, kept back until this one has caught up. */
  private waiting: Change[] | undefined = [];
  /** Whether it has seen exactly what the feed has. */
  private isAbreast = false;

  constructor(
    private readonly listener: Listener,
    public position: StreamPosition,
  ) {}

  /** Changes that all get, in their order. */
  offer(change: Change): void {
    if (this.isAbreast) this.pass(change);
    else if (!this.waiting) this.give(change);
    else if (this.waiting.push(change) > MAX_WAITING) this.lose();
  }

  give(change: Change): void {
    if (covers(this.position, change.position)) return;
    this.moveTo(change.position);
    this.isAbreast = !this.waiting && covers(change.position, this.position);
    this.listener.changed({ ...change, position: this.position });
  }

  /** It is where all are: the change is the same for all, its position included. */
  private pass(change: Change): void {
    this.position = change.position;
    this.listener.changed(change);
  }

  looked(): void {
    this.listener.looked();
  }

  moveTo(position: StreamPosition): void {
    this.position = merge(this.position, position);
  }

  goLive(): void {
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    for (const change of waiting) this.give(change);
    this.looked();
  }

  lose(): void {
    this.waiting = undefined;
    this.listener.lost();
  }
}
