export interface Coalescer<Item> {
  /** A later item of the same key replaces the earlier one. */
  add: (key: string, item: Item) => void;
  /** There are more items than come here: for a while bundles are rarer. */
  crowded: () => void;
}

export interface CoalescerOptions<Item> {
  /** Least time between two bundles, ms. */
  readonly everyMs: number;
  /** The same while it is crowded. */
  readonly crowdedMs: number;
  readonly flush: (items: ReadonlyMap<string, Item>) => void;
  readonly now?: () => number;
  readonly later?: (work: () => void, ms: number) => void;
}

/** Bundles items: the first goes on at once, those that follow wait until `everyMs` have passed. */
export function createCoalescer<Item>(options: CoalescerOptions<Item>): Coalescer<Item> {
  const { everyMs, crowdedMs, flush, now = Date.now } = options;
  const { later = waitFor } = options;
  let waiting = new Map<string, Item>();
  let lastAt = -Infinity;
  let crowdedUntil = -Infinity;
  let isScheduled = false;

  function flushNow(): void {
    isScheduled = false;
    lastAt = now();
    const bundle = waiting;
    waiting = new Map();
    flush(bundle);
  }

  return {
    add(key, item) {
      waiting.set(key, item);
      if (isScheduled) return;
      isScheduled = true;
      const pauseMs = now() < crowdedUntil ? crowdedMs : everyMs;
      later(flushNow, Math.max(0, lastAt + pauseMs - now()));
    },
    crowded() {
      crowdedUntil = now() + 2 * crowdedMs;
    },
  };
}

function waitFor(work: () => void, ms: number): void {
  setTimeout(work, ms);
}
