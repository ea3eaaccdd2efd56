import type { Transaction } from './transaction.js';

const UNDER_WAY: ReadonlySet<string> = new Set(['running', 'compensating']);

/** The state of a step as it is shown: nothing is under way in a transaction that is parked. */
export function shownState(state: string, { parked }: Pick<Transaction, 'parked'>): string {
  return parked && UNDER_WAY.has(state) ? 'parked' : state;
}
