import { inventory, payment } from '@skald/contracts';
import { twoPhase } from '@skald/core';
import { PlaceOrder } from './place-order.saga.js';

/**
 * Holds the stock and sets the money aside, then keeps both or lets both go (try, confirm, cancel). No
 * lock is held in between, so the holds may be seen by others, as holds; each ends by itself.
 */
export const reserveAndPay = twoPhase('reserve-and-pay', { version: 1, input: PlaceOrder })
  .branch('stock', inventory.hold, ({ input: { items }, transaction }) => ({
    orderId: transaction.id,
    items,
  }))
  .branch('money', payment.authorize, ({ input, transaction }) => ({
    orderId: transaction.id,
    ...input,
  }))
  .output(({ replies: { stock, money }, transaction }) => ({
    orderId: transaction.id,
    chargeId: money.chargeId,
    amountCents: money.amountCents,
    reservationIds: stock.reservationIds,
  }))
  .build();
