import { Controller } from '@nestjs/common';
import { order } from '@skald/contracts';
import type { OutputOf } from '@skald/core';
import { Handles, Prepares, StepRejected, type HandlerContext } from '@skald/participant';
import { In, type EntityManager } from 'typeorm';
import { CustomerOrder, OrderLine, type OrderStatus } from './order.entity.js';
import { Product } from './product.entity.js';

/**
 * The order's side of a transaction.
 *
 * Each handler runs once per transaction and step, in the database transaction that also records its
 * inbox row. An order moves from pending to rejected, or to confirmed and then to completed, and never
 * back. Completing locks the order's own row, so it stands in nobody's way while it is prepared.
 */
@Controller()
export class OrderParticipant {
  @Handles(order.create)
  async create(request: Create, { db }: HandlerContext): Promise<Created> {
    const { orderId, customerId, items } = request;
    const prices = await pricesOf(db, items);
    const lines = items.map((item, index) => ({
      ...item,
      orderId,
      position: index + 1,
      priceCents: prices.get(item.sku) ?? 0,
    }));
    const totalCents = lines.reduce((sum, line) => sum + line.quantity * line.priceCents, 0);
    const inserted = await db.query<unknown[]>(INSERT_ORDER, [orderId, customerId, totalCents]);
    if (inserted.length === 0) throw new StepRejected('order-exists', `order ${orderId}`);
    await db.insert(OrderLine, lines);
    return { orderId, totalCents };
  }

  @Handles(order.reject)
  async reject({ orderId }: OrderRef, { db }: HandlerContext): Promise<Record<string, never>> {
    await settle(db, orderId, 'rejected');
    return {};
  }

  @Handles(order.confirm)
  async confirm({ orderId }: OrderRef, { db }: HandlerContext): Promise<Record<string, never>> {
    await settle(db, orderId, 'confirmed');
    return {};
  }

  @Prepares(order.complete)
  async complete({ orderId }: OrderRef, { db }: HandlerContext): Promise<Completed> {
    const [rows] = await db.query<[{ totalCents: string }[], number]>(COMPLETE, [orderId]);
    const [completed] = rows;
    if (completed) return { totalCents: Number(completed.totalCents) };
    const found = await db.findOneBy(CustomerOrder, { id: orderId });
    if (!found) throw new StepRejected('order-unknown', `there is no order ${orderId}`);
    const reason = found.status === 'completed' ? 'order-completed' : 'order-not-confirmed';
    throw new StepRejected(reason, `order ${orderId} is ${found.status}`);
  }
}

type Create = OutputOf<typeof order.create.request>;
type Created = OutputOf<typeof order.create.reply>;
type Completed = OutputOf<typeof order.complete.reply>;
type OrderRef = OutputOf<typeof order.confirm.request>;

/** An id that is taken waits for whoever holds it and then inserts nothing, instead of failing. */
const INSERT_ORDER = `
  insert into customer_order (id, customer_id, total_cents) values ($1, $2, $3)
  on conflict (id) do nothing returning id`;

/** A rival that completes the same order waits here for the decision on this one. */
const COMPLETE = `
  update customer_order set status = 'completed' where id = $1 and status = 'confirmed'
  returning total_cents as "totalCents"`;

/** @throws StepRejected `unknown-sku` that names every sku the catalogue lacks. */
async function pricesOf(db: EntityManager, items: Create['items']): Promise<Map<string, number>> {
  const skus = [...new Set(items.map(({ sku }) => sku))];
  const products = await db.findBy(Product, { sku: In(skus) });
  const prices = new Map(products.map(({ sku, priceCents }) => [sku, priceCents]));
  const unknown = skus.filter((sku) => !prices.has(sku));
  if (unknown.length > 0) throw new StepRejected('unknown-sku', unknown.join(', '));
  return prices;
}

/** @throws StepRejected unless the order is pending, or already where it shall go. */
async function settle(db: EntityManager, id: string, status: OrderStatus): Promise<void> {
  const { affected } = await db.update(CustomerOrder, { id, status: 'pending' }, { status });
  if (affected === 1) return;
  const found = await db.findOneBy(CustomerOrder, { id });
  if (found?.status === status) return;
  throw new StepRejected(found ? `order-${found.status}` : 'order-unknown', `order ${id}`);
}
