import { createCoalescer, type Coalescer } from './coalescer.js';

/** What the stream tells of one transition. */
export interface Change {
  readonly id: string;
  readonly definition: string;
  readonly status: string;
  readonly version: number;
  readonly at: string;
}

/** Which changes a page wants; empty = all of them. */
export interface LiveFilter {
  readonly id?: readonly string[];
  readonly status?: readonly string[];
  readonly definition?: readonly string[];
}

/** `stale` = the page shows what was true at `since`. */
export interface LiveState {
  readonly phase: 'connecting' | 'live' | 'stale';
  /** Ms since the epoch. */
  readonly since: number;
}

export type OnChanges = (changes: ReadonlyMap<string, Change>) => void;

const FLUSH_MS = 500;
/** While more changes come than anybody can read. */
const CROWDED_FLUSH_MS = 1_000;
const REOPEN_MS = 2_000;
/** Without a page that asks for more: what concerns every page. */
const BASE: LiveFilter = { status: ['parked'] };

/**
 * One event stream for the whole page. It goes on after the last event it got; when that is too long
 * ago it says so by `onGap`, and everything has to be read again. Changes come in bundles, the first at
 * once and then two per second at most, one where there are too many to be told.
 */
export class LiveStream {
  private source: EventSource | undefined;
  private lastEventId = '';
  private filter: LiveFilter = BASE;
  private state: LiveState = { phase: 'connecting', since: Date.now() };
  private reopening: number | undefined;
  private readonly watchers = new Set<() => void>();
  private readonly listeners = new Set<OnChanges>();
  private readonly gapListeners = new Set<() => void>();
  private readonly changes: Coalescer<Change>;

  constructor() {
    this.changes = createCoalescer({
      everyMs: FLUSH_MS,
      crowdedMs: CROWDED_FLUSH_MS,
      flush: (changes) => {
        for (const listener of this.listeners) listener(changes);
      },
    });
  }

  /** Calls `listener` with changes that match `filter`, until the returned function is called. */
  watch(filter: LiveFilter, listener: OnChanges): () => void {
    this.listeners.add(listener);
    this.narrow(filter);
    return () => {
      this.listeners.delete(listener);
      this.narrow(BASE);
    };
  }

  /** Calls `listener` after a time without a stream. */
  onGap(listener: () => void): () => void {
    this.gapListeners.add(listener);
    return () => void this.gapListeners.delete(listener);
  }

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    if (!this.source) this.open();
    return () => void this.watchers.delete(watcher);
  };

  readonly current = (): LiveState => this.state;

  private narrow(filter: LiveFilter): void {
    if (JSON.stringify(filter) === JSON.stringify(this.filter)) return;
    this.filter = filter;
    this.lastEventId = '';
    if (this.source) this.open();
  }

  private open(): void {
    this.source?.close();
    clearTimeout(this.reopening);
    const source = new EventSource(`/v1/stream?${this.query()}`);
    this.source = source;
    source.addEventListener('open', () => this.opened());
    source.addEventListener('transaction', (event: MessageEvent<string>) => {
      this.lastEventId = event.lastEventId;
      const change = JSON.parse(event.data) as Change;
      this.changes.add(change.id, change);
    });
    // Too many at once to be told: a page reads again what it shows, less often.
    source.addEventListener('skipped', (event: MessageEvent<string>) => {
      this.lastEventId = event.lastEventId;
      this.changes.crowded();
    });
    source.addEventListener('error', () => this.lost(source));
  }

  private query(): string {
    // A page shows what is; what was in between it would drop anyway.
    const query = new URLSearchParams({ latest: 'true' });
    for (const [name, values] of Object.entries(this.filter) as [string, readonly string[]][]) {
      for (const value of values) query.append(name, value);
    }
    if (this.lastEventId !== '') query.set('lastEventId', this.lastEventId);
    return query.toString();
  }

  private opened(): void {
    const wasStale = this.state.phase === 'stale';
    this.enter('live');
    if (wasStale) for (const listener of this.gapListeners) listener();
  }

  private lost(source: EventSource): void {
    if (this.state.phase !== 'stale') this.enter('stale');
    // The browser tries again by itself unless something answered that is no stream.
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.reopening);
    this.reopening = window.setTimeout(() => this.open(), REOPEN_MS);
  }

  private enter(phase: LiveState['phase']): void {
    this.state = { phase, since: Date.now() };
    for (const watcher of this.watchers) watcher();
  }
}
