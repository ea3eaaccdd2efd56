import type { Schemas } from './client.js';

export type Status = Schemas['TransactionItem']['status'];

/** All statuses, in the order in which a transaction may pass them. */
export const STATUSES = [
  'running',
  'compensating',
  'completed',
  'compensated',
  'preparing',
  'committing',
  'aborting',
  'committed',
  'aborted',
  'parked',
] as const satisfies readonly Status[];

const ENDED: ReadonlySet<string> = new Set(['completed', 'compensated', 'committed', 'aborted']);

/** Whether nothing follows any more; a parked one waits for a human. */
export function isEnded(status: string): boolean {
  return ENDED.has(status);
}
