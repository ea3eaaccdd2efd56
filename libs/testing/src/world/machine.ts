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
