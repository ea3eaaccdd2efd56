import { participant } from '@skald/core';
import { z } from 'zod';
import { Card, Cents, CustomerId, OrderId, OrderItems, OrderRef, Done, Until } from './values.js';

/** How long an authorization holds the money without being captured or let go. Milliseconds. */
const AUTHORIZATION_TTL_MS = 900_000;

const Charge = z.strictObject({
  orderId: OrderId,
  customerId: CustomerId,
  card: Card,
  amountCents: Cents,
});

const Charged = z.strictObject({ chargeId: z.uuid() });

/**
 * The payment service, which holds one account per customer and the merchant's ledger.
 *
 * - `charge` takes the amount from the customer's account once per order; rejects with
 *   `card-declined`, `card-unknown`, `insufficient-funds` or `already-charged`.
 * - `refund` gives back what was charged for the order; the payment stays, as refunded.
 * - `capture` (prepared) is `charge` as a branch: the money leaves the account when all branches commit.
 * - `authorize` (try, confirm, cancel) sets the price of these items aside until it is captured by the
 *   confirm or given back; rejects as `charge` does, and with `unknown-sku`.
 * - `settle` (prepared) books what was captured for the order to the merchant's ledger; votes abort with
 *   `payment-not-captured`.
 */
export const payment = participant('payment', {
  charge: { request: Charge, reply: Charged },
  refund: { request: OrderRef, reply: Done },
  capture: { request: Charge, reply: Charged },
  authorize: {
    request: z.strictObject({
      orderId: OrderId,
      customerId: CustomerId,
      card: Card,
      items: OrderItems,
    }),
    reply: z.strictObject({ chargeId: z.uuid(), amountCents: Cents, authorizedUntil: Until }),
    reservationTtlMs: AUTHORIZATION_TTL_MS,
  },
  settle: {
    request: OrderRef,
    reply: z.strictObject({ entryId: z.uuid(), amountCents: Cents }),
  },
});
