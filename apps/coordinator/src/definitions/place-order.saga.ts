import { Card, CustomerId, inventory, order, OrderItems, payment } from '@skald/contracts';
import { saga } from '@skald/core';
import { z } from 'zod';

const PlaceOrder = z.strictObject({ customerId: CustomerId, items: OrderItems, card: Card });

/**
 * Writes the order, holds its stock, takes the money, confirms. The charge is the point of no return.
 *
 * The order's id is the transaction's, so every compensation can be computed without a reply.
 */
export const placeOrder = saga('place-order', { version: 1, input: PlaceOrder })
  .compensatable('create-order', {
    action: [
      order.create,
      ({ input: { customerId, items }, transaction }) => ({
        orderId: transaction.id,
        customerId,
        items,
      }),
    ],
    compensation: [order.reject, ({ transaction }) => ({ orderId: transaction.id })],
  })
  .compensatable('reserve-stock', {
    action: [
      inventory.reserve,
      ({ input, transaction }) => ({ orderId: transaction.id, items: input.items }),
    ],
    compensation: [inventory.release, ({ transaction }) => ({ orderId: transaction.id })],
  })
  .pivot('charge-card', {
    action: [
      payment.charge,
      ({ input: { customerId, card }, replies, transaction }) => ({
        orderId: transaction.id,
        customerId,
        card,
        amountCents: replies['create-order'].totalCents,
      }),
    ],
  })
  .retriable('confirm-order', {
    action: [order.confirm, ({ transaction }) => ({ orderId: transaction.id })],
  })
  .output(({ replies }) => ({
    orderId: replies['create-order'].orderId,
    totalCents: replies['create-order'].totalCents,
  }))
  .build();
