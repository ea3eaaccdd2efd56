import {
  decodeState,
  encodeState,
  payloadsFrom,
  pendingCommands,
  replay,
  start,
  toHistory,
  transition,
} from '@skald/core';
import type { Coordinator } from './coordinator.js';
import type { handle } from './barrier.js';
import type { Store } from './store.js';

/** The functions of the core that a world runs: the shipped ones, or a mutant's. */
export interface Machine {
  readonly start: typeof start;
  readonly transition: typeof transition;
  readonly pendingCommands: typeof pendingCommands;
  readonly payloadsFrom: typeof payloadsFrom;
  readonly replay: typeof replay;
  readonly encodeState: typeof encodeState;
  readonly decodeState: typeof decodeState;
  readonly toHistory: typeof toHistory;
}

export const SHIPPED: Machine = {
  start,
  transition,
  pendingCommands,
  payloadsFrom,
  replay,
  encodeState,
  decodeState,
  toHistory,
};

/** Everything in a world that can be wrong. */
export interface Parts {
  readonly machine: Machine;
  readonly Coordinator: typeof Coordinator;
  readonly Store: typeof Store;
  readonly handle: typeof handle;
}
