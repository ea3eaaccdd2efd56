import { participant } from '@skald/core';
import { z } from 'zod';
import { MAX_QUANTITY, Sku } from './values.js';

/** What comes in (above 0) or goes out (below 0); never 0. */
const Movement = z
  .int()
  .min(-MAX_QUANTITY)
  .max(MAX_QUANTITY)
  .refine((quantity) => quantity !== 0, { error: 'expected a quantity other than 0' });

/**
 * A warehouse: one contract for all of them, each a participant of its own name.
 *
 * - `move` (prepared) lets a quantity of one sku come in or go out, as one side of the transfer
 *   `transferId`; votes abort with `unknown-sku`, and with `not-enough-stock` for more than there is.
 */
export function warehouse(name: string) {
  return participant(name, {
    move: {
      request: z.strictObject({ sku: Sku, quantity: Movement, transferId: z.guid() }),
      reply: z.strictObject({ movementId: z.uuid() }),
    },
  });
}

export type Warehouse = ReturnType<typeof warehouse>;
