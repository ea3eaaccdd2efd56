import type { HistoryEntry, SagaDefinition, SagaTransaction } from '@skald/core';
import type { Machine } from './machine.js';

type Row = Omit<SagaTransaction, 'state' | 'payloads'> & { readonly state: string };

/** The row of one transaction and its history, as text: what a database would keep of it. */
export class Store {
  private row: Row;
  private readonly rows: HistoryEntry[];

  constructor(
    private readonly machine: Machine,
    private readonly saga: SagaDefinition,
    begun: { readonly transaction: SagaTransaction; readonly entry: HistoryEntry },
  ) {
    this.row = this.asRow(begun.transaction);
    this.rows = [begun.entry];
  }

  get history(): readonly HistoryEntry[] {
    return this.rows;
  }

  /** The transaction, its payloads from the history rows that carry any. */
  load(): SagaTransaction {
    const carrying = this.rows.filter(({ carriesPayload }) => carriesPayload);
    return {
      ...this.row,
      state: this.machine.decodeState(this.row.state),
      payloads: this.machine.payloadsFrom(this.saga, carrying),
    };
  }

  /** Compare-and-set on the row's version, with the history row only if it wins. */
  commit(expectedVersion: number, next: SagaTransaction, entry: HistoryEntry): boolean {
    if (this.row.version !== expectedVersion) return false;
    this.row = this.asRow(next);
    this.rows.push(entry);
    return true;
  }

  private asRow({ state, payloads: _, ...rest }: SagaTransaction): Row {
    return { ...rest, state: this.machine.encodeState(state) };
  }
}
