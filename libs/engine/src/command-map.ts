import { TransientMap, type OutgoingCommand } from '@skald/core';

/** What tells a command from all others; every attempt of it is the same command. */
export type CommandPlace = Pick<OutgoingCommand, 'transaction' | 'step' | 'direction'>;

interface Entry<Value> {
  readonly step: string;
  readonly direction: CommandPlace['direction'];
  readonly value: Value;
}

/**
 * Values by command. Found by transaction first, because its id is a string that exists already: a key
 * of all three would have to be made, and hashed, at every look.
 */
export class CommandMap<Value> {
  private readonly byTransaction = new TransientMap<string, Entry<Value>[]>();
  private count = 0;
  private head = '';
  /** How far `first` has come, while it is asked for. */
  private order: Iterator<string, undefined> | undefined;
  private takenSince = 0;

  get size(): number {
    return this.count;
  }

  get({ transaction, step, direction }: CommandPlace): Value | undefined {
    const entries = this.byTransaction.get(transaction);
    if (!entries) return undefined;
    return entries[indexOf(entries, step, direction)]?.value;
  }

  set({ transaction, step, direction }: CommandPlace, value: Value): void {
    const entry = { step, direction, value };
    const entries = this.byTransaction.get(transaction);
    if (!entries) {
      this.byTransaction.set(transaction, [entry]);
      this.count++;
      return;
    }
    const index = indexOf(entries, step, direction);
    if (index >= 0) {
      entries[index] = entry;
      return;
    }
    entries.push(entry);
    this.count++;
  }

  /** Removes the command's value and returns it. */
  take({ transaction, step, direction }: CommandPlace): Value | undefined {
    if (this.count === 0) return undefined;
    const entries = this.byTransaction.get(transaction);
    if (!entries) return undefined;
    const index = indexOf(entries, step, direction);
    if (index < 0) return undefined;
    const [taken] = entries.splice(index, 1);
    if (entries.length === 0) this.remove(transaction);
    this.count--;
    return taken?.value;
  }

  /**
   * The value of the transaction that came first, of its commands the oldest. It keeps its place in the
   * order of keys: a new look from the front would pass the gaps of all that were taken before.
   */
  first(): Value | undefined {
    if (this.count === 0) return undefined;
    let entries = this.byTransaction.get(this.head);
    while (!entries) {
      this.order ??= this.byTransaction.keys();
      const next = this.order.next();
      if (next.done === true) this.forgetOrder();
      else this.head = next.value;
      entries = this.byTransaction.get(this.head);
    }
    return entries[0]?.value;
  }

  private remove(transaction: string): void {
    this.byTransaction.delete(transaction);
    this.takenSince++;
    if (this.takenSince > this.byTransaction.size) this.forgetOrder();
  }

  /**
   * An iterator that stands still keeps every table that the map has outgrown since. So it is given up
   * after as many were taken as are left, which pays for passing their gaps once.
   */
  private forgetOrder(): void {
    this.order = undefined;
    this.takenSince = 0;
  }
}

function indexOf<Value>(
  entries: readonly Entry<Value>[],
  step: string,
  direction: CommandPlace['direction'],
): number {
  for (let index = 0; index < entries.length; index++) {
    const entry = entries[index];
    if (entry?.step === step && entry.direction === direction) return index;
  }
  return -1;
}
