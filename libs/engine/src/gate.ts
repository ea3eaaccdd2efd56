import { commandId, type OutgoingCommand } from '@skald/core';
import type { ParticipantSnapshot } from './api.js';
import { Circuit, type CircuitOptions } from './circuit.js';
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
  private readonly inFlight = new Map<string, InFlight>();
  private readonly held = new Map<string, OutgoingCommand>();
  private readonly circuit: Circuit;
  private readonly stats = new Map<string, OperationStats>();
  private window: number;
  private lastReplyAt: number | null = null;

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
    const key = keyOf(command);
    if (this.inFlight.size < this.window && this.held.size === 0 && this.circuit.admits(now)) {
      this.leave(key, command, now);
    } else {
      this.inFlight.delete(key);
      this.held.set(key, command);
    }
  }

  /** When the attempt left (monotonic ms), `held` while it waits here, undefined when it is unknown. */
  look(command: OutgoingCommand): number | 'held' | undefined {
    const key = keyOf(command);
    const sent = this.inFlight.get(key);
    if (sent?.command.attempt === command.attempt) return sent.sentAt;
    return this.held.has(key) ? 'held' : undefined;
  }

  /**
   * Learns how an attempt ended, and lets the next ones leave.
   *
   * @returns whether a failure counts as an attempt: not while the participant is out of reach.
   */
  settle(key: string, sign: Sign, now: number): boolean {
    const sent = this.inFlight.get(key);
    this.inFlight.delete(key);
    this.held.delete(key);
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
  forget(key: string): void {
    this.inFlight.delete(key);
    this.held.delete(key);
  }

  /** Lets what is held leave, as far as limit and circuit allow. Called by the timer too, for probes. */
  drain(now: number): void {
    for (const [key, command] of this.held) {
      if (this.inFlight.size >= this.window || !this.circuit.admits(now)) return;
      this.held.delete(key);
      this.leave(key, command, now);
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
      operations: [...this.stats.values()].map((stats) => stats.snapshot(now)),
    };
  }

  private leave(key: string, command: OutgoingCommand, now: number): void {
    this.inFlight.set(key, { command, sentAt: now });
    this.options.emit(command);
  }

  private statsOf({ operation, direction }: OutgoingCommand): OperationStats {
    const key = `${operation.operation}/${direction}`;
    let stats = this.stats.get(key);
    if (!stats) this.stats.set(key, (stats = new OperationStats(operation.operation, direction)));
    return stats;
  }
}

/** The key under which a gate knows a command. */
export function keyOf(
  command: Pick<OutgoingCommand, 'transaction' | 'step' | 'direction'>,
): string {
  return commandId(command.transaction, command.step, command.direction);
}

function isTrouble(sign: Sign): boolean {
  return sign === 'timeout' || sign === 'undelivered';
}
