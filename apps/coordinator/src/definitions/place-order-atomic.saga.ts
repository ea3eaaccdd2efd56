import { inventory, order, payment } from '@skald/contracts';
import { saga } from '@skald/core';
import { orderOf, PlaceOrder } from './place-order.saga.js';

/**
 * As place-order, but stock and money are taken together or not at all: one two-phase group is the pivot.
 * The stock is held by try and confirm (TCC), the money by a prepared database transaction.
 */
export const placeOrderAtomic = saga('place-order-atomic', { version: 1, input: PlaceOrder })
  .compensatable('create-order', {
    action: [
      order.create,
      ({ input: { customerId, items }, ...run }) => ({ ...orderOf(run), customerId, items }),
    ],
    compensation: [order.reject, orderOf],
  })
  .atomically('take', (group) =>
    group
      .branch('hold-stock', inventory.hold, ({ input: { items }, ...run }) => ({
        ...orderOf(run),
        items,
      }))
      .branch(
        'capture-payment',
        payment.capture,
        ({ input: { customerId, card }, replies, ...run }) => ({
          ...orderOf(run),
          customerId,
          card,
          amountCents: replies['create-order'].totalCents,
        }),
      ),
  )
  .retriable('confirm-order', { action: [order.confirm, orderOf] })
  .output(({ replies }) => ({
    ...replies['create-order'],
    chargeId: replies['capture-payment'].chargeId,
    reservationIds: replies['hold-stock'].reservationIds,
  }))
  .build();
