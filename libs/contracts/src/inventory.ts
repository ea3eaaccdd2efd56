import { participant } from '@skald/core';
import { z } from 'zod';
import { Done, OrderId, OrderItems, OrderRef } from './values.js';

/**
 * The inventory service.
 *
 * - `reserve` holds the whole order's stock or nothing of it; rejects with `out-of-stock`.
 * - `release` undoes `reserve`: what the order still holds becomes available again.
 */
export const inventory = participant('inventory', {
  reserve: {
    request: z.strictObject({ orderId: OrderId, items: OrderItems }),
    reply: z.strictObject({ reservationIds: z.array(z.uuid()) }),
  },
  release: { request: OrderRef, reply: Done },
});
