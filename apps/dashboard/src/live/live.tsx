import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import { KEYS } from '../api/queries.js';
import { LiveStream, type LiveFilter, type LiveState, type OnChanges } from './live-stream.js';

const stream = new LiveStream();

/** Whether what is shown is live. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(stream.subscribe, stream.current);
}

/** What every page wants to hear: somebody is needed, and what a gap may have hidden. */
export function useLiveBase(): void {
  const client = useQueryClient();
  useEffect(() => stream.onGap(() => void client.invalidateQueries()), [client]);
}

/** Calls `onChanges` with changes that match the filter while the component is mounted. */
export function useLive(filter: LiveFilter, onChanges: OnChanges): void {
  const text = JSON.stringify(filter);
  const latest = useEffectEvent(onChanges);
  useEffect(
    () => stream.watch(JSON.parse(text) as LiveFilter, (changes) => latest(changes)),
    [text],
  );
}

/** Reads again what `keys` begin with, unless that is under way: a slow answer is not piled upon. */
export function refresh(client: QueryClient, ...keys: (keyof typeof KEYS)[]): void {
  for (const key of keys) {
    const filters = { queryKey: [KEYS[key]] };
    if (client.isFetching(filters) > 0) continue;
    void client.invalidateQueries(filters, { cancelRefetch: false });
  }
}
