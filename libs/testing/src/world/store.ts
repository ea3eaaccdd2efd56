import type { HistoryEntry, Transaction } from '@skald/core';
import type { Machine } from './machine.js';

type Row = Omit<Transaction<unknown>, 'state' | 'payloads'> & { readonly state: string };

/** The row of one transaction and its history, as text: what a database would keep of it. */
export class Store<Definition, State> {
  private row: Row;
  private readonly rows: HistoryEntry[];

  constructor(
    private readonly machine: Machine<Definition, State>,
    private readonly definition: Definition,
    begun: { readonly transaction: Transaction<State>; readonly entry: HistoryEntry },
  ) {
    this.row = this.asRow(begun.transaction);
    this.rows = [begun.entry];
  }

  get history(): readonly HistoryEntry[] {
    return this.rows;
  }

  /** The transaction, its payloads from the history rows that carry any. */
  load(): Transaction<State> {
    const carrying = this.rows.filter(({ carriesPayload }) => carriesPayload);
    return {
      ...this.row,
      state: this.machine.decodeState(this.row.state),
      payloads: this.machine.payloadsFrom(this.definition, carrying),
    };
  }

  /** Compare-and-set on the row's version, with the history row only if it wins. */
  commit(expectedVersion: number, next: Transaction<State>, entry: HistoryEntry): boolean {
    if (this.row.version !== expectedVersion) return false;
    this.row = this.asRow(next);
    this.rows.push(entry);
    return true;
  }

  private asRow({ state, payloads: _, ...rest }: Transaction<State>): Row {
    return { ...rest, state: this.machine.encodeState(state) };
  }
}
