import {
  isEnded,
  type Event,
  type HistoryEntry,
  type OutgoingCommand,
  type Transaction,
  type Transition,
} from '@skald/core';
import type { Machine } from './machine.js';

/** What a coordinator needs of the world. Each call is a place where it can die, before or after. */
export interface Ports<State> {
  load(): Transaction<State>;
  /** Stores `next` and its history row, if the row still has that version. */
  commit(expectedVersion: number, next: Transaction<State>, entry: HistoryEntry): boolean;
  send(command: OutgoingCommand): void;
  /** Tells the bus that a message needs no second delivery. */
  acknowledge(message: number): void;
}

/**
 * One process that decides a transaction: the shipped transition, and around it the engine's shell at its
 * smallest. It keeps the row in memory and trusts it only as far as the row's version.
 */
export class Coordinator<Definition, State> {
  private kept: Transaction<State> | undefined;
  /** Attempts that this life of the process sent; only these can time out. */
  private readonly sent = new Set<string>();
  private isRecovered = false;

  constructor(
    private readonly machine: Machine<Definition, State>,
    private readonly definition: Definition,
    private readonly ports: Ports<State>,
  ) {}

  /** The process dies: what is only in memory is gone. */
  die(): void {
    this.kept = undefined;
    this.sent.clear();
    this.isRecovered = false;
  }

  /** A message of the bus. It is acknowledged when its transition is durable. */
  receive(message: number, event: Event): boolean {
    const moved = this.decide(event);
    this.ports.acknowledge(message);
    return moved;
  }

  /** Decides `event` on the latest row; commands leave after the commit. Whether it moved the transaction. */
  decide(event: Event): boolean {
    this.recover();
    for (;;) {
      const isFresh = this.kept === undefined;
      const transaction = (this.kept ??= this.ports.load());
      const result = this.machine.transition(this.definition, transaction, event);
      if (result.next === transaction) {
        if (isFresh) return false;
        this.kept = undefined; // Another instance may have moved the row to where this event counts.
        continue;
      }
      if (this.commits(transaction, result, event)) return true;
      this.kept = undefined;
    }
  }

  /** What is due: commands that this life has not sent are sent, the others time out. */
  wake(at: number, entropy: number): void {
    if (this.recover()) return;
    for (const command of this.waiting()) {
      const { step, direction, attempt } = command;
      if (!this.sent.has(keyOf(command))) this.send(command);
      else this.decide({ type: 'timed-out', at, entropy, step, direction, attempt });
    }
  }

  private commits(
    { version }: Transaction<State>,
    { next, effects, produced }: Transition<State>,
    event: Event,
  ): boolean {
    const { seq, status } = next;
    const entry = this.machine.toHistory(event, { seq, version: next.version, status, produced });
    if (!this.ports.commit(version, next, entry)) return false;
    this.kept = next;
    const due = new Set(effects.map(keyOf));
    for (const command of this.waiting()) if (due.has(keyOf(command))) this.send(command);
    return true;
  }

  /** After a start of the process every pending command is sent once more, and its answer awaited. */
  private recover(): boolean {
    if (this.isRecovered) return false;
    this.kept = this.ports.load();
    for (const command of this.waiting()) this.send(command);
    this.isRecovered = true;
    return true;
  }

  private waiting(): readonly OutgoingCommand[] {
    const transaction = (this.kept ??= this.ports.load());
    const isOpen = !isEnded(transaction.status) && transaction.status !== 'parked';
    return isOpen ? this.machine.pendingCommands(this.definition, transaction) : [];
  }

  private send(command: OutgoingCommand): void {
    this.ports.send(command);
    this.sent.add(keyOf(command));
  }
}

function keyOf(command: Pick<OutgoingCommand, 'step' | 'direction' | 'attempt'>): string {
  return `${command.step}/${command.direction}/${command.attempt}`;
}
