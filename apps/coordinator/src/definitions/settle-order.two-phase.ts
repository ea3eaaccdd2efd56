import { inventory, order, OrderId, payment } from '@skald/contracts';
import { twoPhase } from '@skald/core';
import { z } from 'zod';

const SettleOrder = z.strictObject({ orderId: OrderId });

/**
 * A confirmed order is completed, its payment booked to the merchant and its stock taken out of the
 * store: all of it, visible from one decision on, or nothing.
 */
export const settleOrder = twoPhase('settle-order', { version: 1, input: SettleOrder })
  .branch('order', order.complete, ({ input: { orderId } }) => ({ orderId }))
  .branch('ledger', payment.settle, ({ input: { orderId } }) => ({ orderId }))
  .branch('stock', inventory.deduct, ({ input: { orderId } }) => ({ orderId }))
  .output(({ input: { orderId }, replies }) => ({ orderId, ...replies.ledger }))
  .build();
