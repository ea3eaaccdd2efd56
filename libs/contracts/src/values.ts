import { z } from 'zod';

/** Most lines one order may have. */
const MAX_ORDER_ITEMS = 50;

/** Most of one sku that one line, or one transfer, may be about. */
export const MAX_QUANTITY = 1_000_000_000;

/** An order's id, a UUID: that of the transaction which places it, so that its undo needs no reply. */
export const OrderId = z.guid();

/** A customer, as the shop names them: 1 to 64 letters, digits and `._:-`. */
export const CustomerId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/);

/** A card as its provider's token, never its number: 1 to 64 letters, digits, `_` and `-`. */
export const Card = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/);

/** A stock keeping unit: 1 to 64 letters, digits and `._-`. */
export const Sku = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);

/** Money in cents, a whole number above 0. */
export const Cents = z.int().positive();

/** One line of an order. A sku may occur on several lines; they add up. */
export const OrderItem = z.strictObject({
  sku: Sku,
  quantity: z.int().positive().max(MAX_QUANTITY),
});

export type OrderItem = z.output<typeof OrderItem>;

/** The lines of an order, 1 to 50. */
export const OrderItems = z.array(OrderItem).min(1).max(MAX_ORDER_ITEMS);

/** What names an order and nothing else. */
export const OrderRef = z.strictObject({ orderId: OrderId });

/** A reply that says nothing but that it is done. */
export const Done = z.strictObject({});

/** Until when a reservation holds by itself: RFC 3339, UTC. */
export const Until = z.iso.datetime();
