import { useSyncExternalStore } from 'react';

const TICK_MS = 1_000;

const watchers = new Set<() => void>();
let now = Date.now();
let ticking: number | undefined;

function subscribe(watcher: () => void): () => void {
  watchers.add(watcher);
  ticking ??= window.setInterval(() => {
    now = Date.now();
    for (const each of watchers) each();
  }, TICK_MS);
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** Ms since the epoch, anew each second: one clock for everything on the page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
