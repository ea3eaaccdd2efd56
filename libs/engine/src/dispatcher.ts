import type { OutgoingCommand } from '@skald/core';
import type { ParticipantSnapshot } from './api.js';
import type { DatabaseClock } from './clock.js';
import type { CommandPlace } from './command-map.js';
import { Gate } from './gate.js';
import type { ParticipantCounts } from './metrics.js';
import type { ResolvedOptions } from './options.js';
import type { Sign, Transport } from './ports/transport.js';

interface Outbox {
  readonly transport: Transport;
  commands: OutgoingCommand[];
}

/** Sends commands through their participant's gate; what leaves in one turn leaves together. */
export class Dispatcher {
  private readonly gates = new Map<string, Gate>();
  private readonly outboxes = new Map<string, Outbox>();

  constructor(
    private readonly options: ResolvedOptions,
    private readonly clock: DatabaseClock,
  ) {
    for (const [name, transport] of Object.entries(options.transports)) {
      this.outboxes.set(name, { transport, commands: [] });
    }
    for (const [participant, transport] of Object.entries(options.participants)) {
      this.addGate(participant, transport);
    }
  }

  /** The gate of a participant; undefined when it is not registered here. */
  gate(participant: string): Gate | undefined {
    return this.gates.get(participant);
  }

  /** Sends the command as soon as its gate allows; false when its participant is not registered. */
  submit(command: OutgoingCommand): boolean {
    const gate = this.gates.get(command.participant);
    gate?.submit(command, this.clock.ticks());
    return gate !== undefined;
  }

  /** Gives back the place of a command whose answer nobody waits for any more. */
  forget(command: OutgoingCommand): void {
    this.gates.get(command.participant)?.forget(command);
  }

  /** @returns whether a failed attempt counts; see `Gate.settle`. */
  settle(command: CommandPlace & { readonly participant: string }, sign: Sign): boolean {
    return this.gates.get(command.participant)?.settle(command, sign, this.clock.ticks()) ?? true;
  }

  /** Hands what gates let through to the transports. */
  flush(): void {
    for (const outbox of this.outboxes.values()) {
      if (outbox.commands.length === 0) continue;
      const { commands } = outbox;
      outbox.commands = [];
      outbox.transport.send(commands);
    }
  }

  /** Lets probes and held commands out, as time goes by. */
  tick(): void {
    const now = this.clock.ticks();
    for (const gate of this.gates.values()) gate.drain(now);
    this.flush();
  }

  /** Participants that are out of reach. */
  unreachable(): string[] {
    return [...this.gates].filter(([, gate]) => gate.isOpen).map(([participant]) => participant);
  }

  snapshots(): ParticipantSnapshot[] {
    const ticks = this.clock.ticks();
    const offset = this.clock.now() - ticks;
    return [...this.gates.values()].map((gate) =>
      gate.snapshot(ticks, (time) => Math.round(time + offset)),
    );
  }

  counts(): ParticipantCounts[] {
    return [...this.gates.values()].map((gate) => gate.counts());
  }

  private addGate(participant: string, transport: string): void {
    const outbox = this.outboxes.get(transport);
    if (!outbox)
      throw new TypeError(`participant ${participant}: there is no transport ${transport}`);
    const { maxInFlightPerParticipant: maxInFlight, circuit } = this.options.limits;
    const emit = (command: OutgoingCommand) => void outbox.commands.push(command);
    this.gates.set(participant, new Gate({ participant, transport, maxInFlight, circuit, emit }));
  }
}
