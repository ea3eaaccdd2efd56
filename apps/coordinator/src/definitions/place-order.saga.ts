import { Card, CustomerId, inventory, order, OrderItems, payment } from '@skald/contracts';
import { saga } from '@skald/core';
import { z } from 'zod';

export const PlaceOrder = z.strictObject({ customerId: CustomerId, items: OrderItems, card: Card });

/** The order's id is the transaction's, so every compensation can be computed without a reply. */
export const orderOf = ({ transaction }: { readonly transaction: { readonly id: string } }) => ({
  orderId: transaction.id,
});

/**
 * Writes the order, holds its stock, takes the money, confirms. The charge is the point of no return.
 */
export const placeOrder = saga('place-order', { version: 1, input: PlaceOrder })
  .compensatable('create-order', {
    action: [
      order.create,
      ({ input: { customerId, items }, ...run }) => ({ ...orderOf(run), customerId, items }),
    ],
    compensation: [order.reject, orderOf],
  })
  .compensatable('reserve-stock', {
    action: [inventory.reserve, ({ input: { items }, ...run }) => ({ ...orderOf(run), items })],
    compensation: [inventory.release, orderOf],
  })
  .pivot('charge-card', {
    action: [
      payment.charge,
      ({ input: { customerId, card }, replies, ...run }) => ({
        ...orderOf(run),
        customerId,
        card,
        amountCents: replies['create-order'].totalCents,
      }),
    ],
  })
  .retriable('confirm-order', { action: [order.confirm, orderOf] })
  .output(({ replies }) => replies['create-order'])
  .build();
