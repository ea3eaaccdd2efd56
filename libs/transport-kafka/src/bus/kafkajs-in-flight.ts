import { createRequire } from 'node:module';
import { TransientMap } from '@skald/core';

interface RequestQueueClass {
  readonly prototype: object;
}

/** By queue, the requests under way by their correlation ids. */
const inFlight = new WeakMap<object, TransientMap<number, object>>();

/**
 * kafkajs 2.2.4 has its requests under way in a `Map`, whose outgrown tables keep all that ever was in
 * it until a full collection, with the records that were sent and received (see `TransientMap`). This
 * gives each queue another one. Repeats are harmless.
 */
export function releaseKafkajsRequests(): void {
  const load = createRequire(import.meta.url);
  const { prototype } = load('kafkajs/src/network/requestQueue/index.js') as RequestQueueClass;
  Object.defineProperty(prototype, 'inflight', {
    configurable: true,
    get(this: object) {
      return inFlight.get(this);
    },
    set(this: object) {
      inFlight.set(this, new TransientMap());
    },
  });
}
