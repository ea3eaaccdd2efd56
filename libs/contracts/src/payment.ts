import { participant } from '@skald/core';
import { z } from 'zod';
import { Card, Cents, CustomerId, Done, OrderId, OrderRef } from './values.js';

/**
 * The payment service, which holds one account per customer.
 *
 * - `charge` takes the amount from the customer's account once per order; rejects with
 *   `card-declined`, `card-unknown`, `insufficient-funds` or `already-charged`.
 * - `refund` gives back what was charged for the order; the payment stays, as refunded.
 */
export const payment = participant('payment', {
  charge: {
    request: z.strictObject({
      orderId: OrderId,
      customerId: CustomerId,
      card: Card,
      amountCents: Cents,
    }),
    reply: z.strictObject({ chargeId: z.uuid() }),
  },
  refund: { request: OrderRef, reply: Done },
});
