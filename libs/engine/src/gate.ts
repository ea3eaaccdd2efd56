import type { OutgoingCommand } from '@skald/core';
import type { ParticipantSnapshot } from './api.js';
import type { ParticipantCounts } from './metrics.js';
import { Circuit, type CircuitOptions } from './circuit.js';
import { CommandMap, type CommandPlace } from './command-map.js';
import { OperationStats } from './operation-stats.js';
import type { Sign } from './ports/transport.js';

interface InFlight {
  readonly command: OutgoingCommand;
  readonly sentAt: number;
}

export interface GateOptions {
  readonly participant: string;
  /** Name of the transport, for views. */
  readonly transport: string;
  /** Commands that may be unanswered at once. */
  readonly maxInFlight: number;
  readonly circuit: CircuitOptions;
  /** Hands a command to the transport; commands of one turn leave together. */
  readonly emit: (command: OutgoingCommand) => void;
}

/** What a closing circuit starts with: what waited drains at a limited, growing rate. */
const FIRST_WINDOW = 8;

/**
 * Stands before one participant: at most `maxInFlight` commands unanswered, none but probes while its
 * circuit is open. What may not leave is held here, and no attempt is counted for it.
 *
 * Times are monotonic ms.
 */
export class Gate {
  private readonly inFlight = new CommandMap<InFlight>();
  private readonly held = new CommandMap<OutgoingCommand>();
  private readonly circuit: Circuit;
  private readonly stats: OperationStats[] = [];
  private window: number;
  private lastReplyAt: number | null = null;
  private sent = 0;
  private readonly signs = new Map<Sign, number>();

  constructor(private readonly options: GateOptions) {
    this.circuit = new Circuit(options.circuit);
    this.window = options.maxInFlight;
  }

  get isOpen(): boolean {
    return this.circuit.state !== 'closed';
  }

  get heldCount(): number {
    return this.held.size;
  }

  /** Sends the command now or holds it; a newer attempt takes the place of an older one. */
  submit(command: OutgoingCommand, now: number): void {
    if (this.inFlight.size < this.window && this.held.size === 0 && this.circuit.admits(now)) {
      this.leave(command, now);
    } else {
      this.inFlight.take(command);
      this.held.set(command, command);
    }
  }

  /** When the attempt left (monotonic ms), `held` while it waits here, undefined when it is unknown. */
  look(command: OutgoingCommand): number | 'held' | undefined {
    const sent = this.inFlight.get(command);
    if (sent?.command.attempt === command.attempt) return sent.sentAt;
    return this.held.get(command) ? 'held' : undefined;
  }

  /**
   * Learns how an attempt ended, and lets the next ones leave.
   *
   * @returns whether a failure counts as an attempt: not while the participant is out of reach.
   */
  settle(command: CommandPlace, sign: Sign, now: number): boolean {
    const sent = this.inFlight.take(command);
    this.held.take(command);
    this.signs.set(sign, (this.signs.get(sign) ?? 0) + 1);
    if (sent) this.statsOf(sent.command).record(sign, now - sent.sentAt, now);
    const counts = this.circuit.state === 'closed';
    if (isTrouble(sign)) {
      this.circuit.failed(now);
      this.window = Math.max(FIRST_WINDOW, this.window >> 1);
    } else {
      this.lastReplyAt = now;
      if (this.circuit.succeeded()) this.window = Math.min(FIRST_WINDOW, this.options.maxInFlight);
      else if (this.window < this.options.maxInFlight) this.window++;
    }
    this.drain(now);
    return counts;
  }

  /** Forgets a command that nobody waits for any more. */
  forget(command: CommandPlace): void {
    this.inFlight.take(command);
    this.held.take(command);
  }

  /** Lets what is held leave, as far as limit and circuit allow. Called by the timer too, for probes. */
  drain(now: number): void {
    for (let command = this.held.first(); command; command = this.held.first()) {
      if (this.inFlight.size >= this.window || !this.circuit.admits(now)) return;
      this.held.take(command);
      this.leave(command, now);
    }
  }

  snapshot(now: number, toDatabaseTime: (ticks: number) => number): ParticipantSnapshot {
    const { participant, transport, maxInFlight } = this.options;
    const probeAt = this.circuit.nextProbeAt;
    return {
      name: participant,
      transport,
      circuit: this.circuit.state,
      inFlight: this.inFlight.size,
      held: this.held.size,
      maxInFlight,
      nextProbeAt: probeAt === null ? null : toDatabaseTime(probeAt),
      lastReplyAt: this.lastReplyAt === null ? null : toDatabaseTime(this.lastReplyAt),
      operations: this.stats.map((stats) => stats.snapshot(now)),
    };
  }

  /** What it counted since the process started. */
  counts(): ParticipantCounts {
    const { participant, maxInFlight } = this.options;
    return {
      participant,
      inFlight: this.inFlight.size,
      held: this.held.size,
      maxInFlight,
      isOpen: this.isOpen,
      sent: this.sent,
      signs: this.signs,
    };
  }

  private leave(command: OutgoingCommand, now: number): void {
    this.inFlight.set(command, { command, sentAt: now });
    this.sent++;
    this.options.emit(command);
  }

  private statsOf({ operation: { operation }, direction }: OutgoingCommand): OperationStats {
    for (const stats of this.stats) if (stats.isOf(operation, direction)) return stats;
    const stats = new OperationStats(operation, direction);
    this.stats.push(stats);
    return stats;
  }
}

function isTrouble(sign: Sign): boolean {
  return sign === 'timeout' || sign === 'undelivered';
}
