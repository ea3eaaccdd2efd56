import { z } from '../api/zod.js';

const text = z.catch(z.optional(z.string()), undefined);

const TransactionSearch = z.object({
  tab: z.catch(z.optional(z.enum(['steps', 'payloads', 'history', 'audit'])), undefined),
  /** The open step. */
  step: text,
  /** Filters of the history. */
  type: text,
  of: text,
});

/** What of a transaction is looked at, as the URL carries it. */
export type TransactionSearch = z.output<typeof TransactionSearch>;

export function transactionSearchOf(
  parameters: Readonly<Record<string, unknown>>,
): TransactionSearch {
  return z.parse(TransactionSearch, parameters);
}
