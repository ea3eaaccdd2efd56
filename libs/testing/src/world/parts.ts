import { handle } from './barrier.js';
import { Coordinator } from './coordinator.js';
import { SHIPPED, type SagaMachine } from './machine.js';
import { Store } from './store.js';

/** Everything in a world that can be wrong. */
export interface Parts {
  readonly machine: SagaMachine;
  readonly Coordinator: typeof Coordinator;
  readonly Store: typeof Store;
  readonly handle: typeof handle;
}

export const SHIPPED_PARTS: Parts = { machine: SHIPPED, Coordinator, Store, handle };
