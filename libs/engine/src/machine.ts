import {
  decodeState,
  encodeState,
  payloadsFrom,
  pendingCommands,
  plannedCalls,
  start,
  transition,
  type Protocol,
} from '@skald/core';

/**
 * What the engine needs of a protocol. There is one engine; each protocol brings its own pure machine.
 * Two-phase commit joins here.
 */
const sagaMachine = {
  start,
  transition,
  pendingCommands,
  plannedCalls,
  payloadsFrom,
  encodeState,
  decodeState,
};

export type Machine = typeof sagaMachine;

/** The machine of a protocol, or undefined when this build has none. */
export function machineOf(protocol: Protocol): Machine | undefined {
  return protocol === 'saga' ? sagaMachine : undefined;
}
