import { participant } from '@skald/core';
import { z } from 'zod';
import { Done, OrderId, OrderItems, OrderRef, Until } from './values.js';

/** How long a hold keeps the stock without being confirmed or let go. Milliseconds. */
const HOLD_TTL_MS = 900_000;

const Reserve = z.strictObject({ orderId: OrderId, items: OrderItems });

/**
 * The inventory service.
 *
 * - `reserve` holds the whole order's stock or nothing of it; rejects with `out-of-stock`.
 * - `release` undoes `reserve`: what the order still holds becomes available again.
 * - `hold` (try, confirm, cancel) is `reserve` with an end: what is not confirmed until `reservedUntil`
 *   becomes available again; rejects with `out-of-stock`.
 * - `deduct` (prepared) takes what is reserved for the order out of the store; votes abort with
 *   `nothing-reserved`.
 */
export const inventory = participant('inventory', {
  reserve: {
    request: Reserve,
    reply: z.strictObject({ reservationIds: z.array(z.uuid()) }),
  },
  release: { request: OrderRef, reply: Done },
  hold: {
    request: Reserve,
    reply: z.strictObject({ reservationIds: z.array(z.uuid()), reservedUntil: Until }),
    reservationTtlMs: HOLD_TTL_MS,
  },
  deduct: { request: OrderRef, reply: z.strictObject({ items: OrderItems }) },
});
