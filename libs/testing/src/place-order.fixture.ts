import { participant, saga } from '@skald/core';
import { z } from 'zod';

const OrderRef = z.object({ orderId: z.string() });
const Nothing = z.object({});
const Card = z.object({ orderId: z.string(), amountCents: z.number() });

export const order = participant('order', {
  create: {
    request: OrderRef.extend({ sku: z.string(), quantity: z.number() }),
    reply: z.object({ totalCents: z.number() }),
  },
  reject: { request: OrderRef, reply: Nothing },
  confirm: { request: OrderRef.extend({ chargeId: z.string() }), reply: Nothing },
});

export const inventory = participant('inventory', {
  reserve: {
    request: OrderRef.extend({ sku: z.string(), quantity: z.number() }),
    reply: z.object({ reservationId: z.string() }),
  },
  release: {
    request: OrderRef.extend({ reservationId: z.string().nullable() }),
    reply: Nothing,
  },
});

export const payment = participant('payment', {
  charge: { request: Card, reply: z.object({ chargeId: z.string() }) },
});

const Input = z.object({ sku: z.string(), quantity: z.number() });

/** Reserves the stock, takes the money, confirms. The charge is the point of no return. */
export const placeOrder = saga('place-order', { version: 1, input: Input })
  .compensatable('create-order', {
    action: [order.create, ({ input, transaction }) => ({ orderId: transaction.id, ...input })],
    compensation: [order.reject, ({ transaction }) => ({ orderId: transaction.id })],
    retry: { maxAttempts: 3 },
    compensationRetry: { maxAttempts: 2 },
  })
  .compensatable('reserve-stock', {
    action: [
      inventory.reserve,
      ({ input, transaction }) => ({ orderId: transaction.id, ...input }),
    ],
    compensation: [
      inventory.release,
      ({ transaction, replies }) => ({
        orderId: transaction.id,
        reservationId: replies['reserve-stock']?.reservationId ?? null,
      }),
    ],
    retry: { maxAttempts: 3 },
    compensationRetry: { maxAttempts: 2 },
  })
  .pivot('charge-card', {
    action: [
      payment.charge,
      ({ replies, transaction }) => ({
        orderId: transaction.id,
        amountCents: replies['create-order'].totalCents,
      }),
    ],
    retry: { maxAttempts: 2 },
  })
  .retriable('confirm-order', {
    action: [
      order.confirm,
      ({ replies, transaction }) => ({
        orderId: transaction.id,
        chargeId: replies['charge-card'].chargeId,
      }),
    ],
    retry: { maxAttempts: 2 },
  })
  .output(({ replies, transaction }) => ({
    orderId: transaction.id,
    totalCents: replies['create-order'].totalCents,
  }))
  .build();
