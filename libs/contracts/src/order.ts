import { participant } from '@skald/core';
import { z } from 'zod';
import { Cents, CustomerId, Done, OrderId, OrderItems, OrderRef } from './values.js';

/**
 * The order service. It owns the catalogue, so it alone says what an order costs.
 *
 * - `create` writes the order as pending and replies its total; rejects with `unknown-sku`, and with
 *   `order-exists` if another transaction used that id.
 * - `reject` undoes `create`: the order stays, as rejected.
 * - `confirm` makes a pending order confirmed.
 * - `complete` (prepared) makes a confirmed order completed, for good; votes abort with
 *   `order-unknown`, `order-not-confirmed` or `order-completed`.
 */
export const order = participant('order', {
  create: {
    request: z.strictObject({ orderId: OrderId, customerId: CustomerId, items: OrderItems }),
    reply: z.strictObject({ orderId: OrderId, totalCents: Cents }),
  },
  reject: { request: OrderRef, reply: Done },
  confirm: { request: OrderRef, reply: Done },
  complete: { request: OrderRef, reply: z.strictObject({ totalCents: Cents }) },
});
