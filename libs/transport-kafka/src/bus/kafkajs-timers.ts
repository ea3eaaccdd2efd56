import { createRequire } from 'node:module';

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

interface RequestQueueClass {
  readonly prototype: RequestQueue & { scheduleCheckPendingRequests(this: RequestQueue): void };
}

const CHECK_PENDING_MS = 10;

/**
 * kafkajs 2.2.4 sets a timer with a negative delay after each response although nothing waits: newer
 * Nodes print a TimeoutNegativeWarning for it, and each costs a turn of the event loop. This puts a
 * version in its place that sets one only when a request waits. Repeats are harmless.
 */
export function quietKafkajsTimers(): void {
  const load = createRequire(import.meta.url);
  const queue = load('kafkajs/src/network/requestQueue/index.js') as RequestQueueClass;
  queue.prototype.scheduleCheckPendingRequests = function schedule() {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    const throttledMs = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttledMs > 0 ? throttledMs : CHECK_PENDING_MS,
    );
  };
}
