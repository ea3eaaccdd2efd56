import { isEnded, TransientMap, type TransactionId } from '@skald/core';
import type { DefinitionCatalogue } from './api.js';
import { decodeStored, isPinned, Live } from './live.js';
import type { StoredTransaction, TransactionStore } from './ports/store.js';
import { RecentIds } from './recent-ids.js';

/** Ids that ended lately are remembered, so that a late reply costs no look-up. */
const REMEMBERED = 20_000;

type Loaded = (live: Live | undefined, stored: StoredTransaction | undefined) => void;

interface Waiting {
  readonly onLoaded: Loaded;
  readonly onError: (error: unknown) => void;
}

/** The transactions this instance holds in memory, and the way to those it does not. */
export class Residents {
  private readonly byId = new TransientMap<string, Live>();
  private readonly ended = new RecentIds(REMEMBERED);
  private wanted = new Map<TransactionId, Waiting[]>();
  private isLoading = false;

  constructor(
    private readonly store: TransactionStore,
    private readonly definitions: DefinitionCatalogue,
  ) {}

  get size(): number {
    return this.byId.size;
  }

  /** How many that ended are remembered. */
  get remembered(): number {
    return this.ended.size;
  }

  get(id: string): Live | undefined {
    return this.byId.get(id);
  }

  all(): IterableIterator<Live> {
    return this.byId.values();
  }

  add(live: Live): void {
    this.byId.set(live.started.id, live);
  }

  /** Drops it from memory; what ended is remembered by its id. */
  remove(live: Live): void {
    const { id } = live.started;
    if (this.byId.get(id) === live) this.byId.delete(id);
    if (!isEnded(live.transaction.status)) return;
    this.ended.add(id);
  }

  hasEnded(id: string): boolean {
    return this.ended.has(id);
  }

  /** Makes a stored transaction resident; undefined when its definition is missing here. */
  adopt(stored: StoredTransaction): Live | undefined {
    const { id, definition: pinned } = stored.started;
    const resident = this.byId.get(id);
    if (resident) return resident;
    const registered = this.definitions.find(pinned.name, pinned.version);
    if (!registered || !isPinned(pinned, registered)) return undefined;
    const { definition } = registered;
    const live = new Live(
      stored.started,
      definition,
      decodeStored(stored, definition),
      stored.owner,
    );
    this.byId.set(id, live);
    return live;
  }

  /**
   * Finds a transaction in memory at once, or in the store with the others that are looked for then:
   * one query for all of them.
   */
  lookUp(id: TransactionId, onLoaded: Loaded, onError: (error: unknown) => void): void {
    const resident = this.byId.get(id);
    if (resident) {
      onLoaded(resident, undefined);
      return;
    }
    const waiting = this.wanted.get(id) ?? [];
    waiting.push({ onLoaded, onError });
    this.wanted.set(id, waiting);
    if (this.isLoading) return;
    this.isLoading = true;
    setImmediate(() => void this.loadWanted());
  }

  private async loadWanted(): Promise<void> {
    while (this.wanted.size > 0) {
      const wanted = this.wanted;
      this.wanted = new Map();
      try {
        const rows = await this.store.load([...wanted.keys()]);
        const byId = new Map(rows.map((stored) => [stored.started.id, stored]));
        for (const [id, waiting] of wanted) this.hand(byId.get(id), waiting);
      } catch (error) {
        for (const { onError } of [...wanted.values()].flat()) onError(error);
      }
    }
    this.isLoading = false;
  }

  private hand(stored: StoredTransaction | undefined, waiting: readonly Waiting[]): void {
    const live = stored && this.adopt(stored);
    for (const { onLoaded } of waiting) onLoaded(live, stored);
  }
}
