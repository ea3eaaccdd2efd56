import { invariant, machineOf, type Machine, type Protocol } from '@skald/core';

/** The machine that runs transactions of a protocol: each brings its own, there is one engine. */
export function machineFor(protocol: Protocol): Machine {
  const machine = machineOf(protocol);
  invariant(machine, `protocol ${protocol} has a machine`);
  return machine;
}
