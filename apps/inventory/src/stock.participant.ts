import { Controller } from '@nestjs/common';
import { inventory } from '@skald/contracts';
import type { OutputOf } from '@skald/core';
import { Handles, StepRejected, type HandlerContext } from '@skald/participant';

/**
 * The stock side of a transaction.
 *
 * Each handler runs once per transaction and step, in the database transaction that also records its
 * inbox row; so it holds no code for duplicates, for lost replies, or for a release that overtakes
 * its reserve. Rows of stock are hot and always locked in the order of their skus.
 */
@Controller()
export class StockParticipant {
  @Handles(inventory.reserve)
  async reserve(request: Reserve, { db }: HandlerContext): Promise<Reserved> {
    const wanted = sumBySku(request.items);
    const held = await db.query<{ id: string; sku: string }[]>(RESERVE, [
      request.orderId,
      [...wanted.keys()],
      [...wanted.values()],
    ]);
    if (held.length < wanted.size) {
      for (const { sku } of held) wanted.delete(sku);
      throw new StepRejected('out-of-stock', `not enough of ${[...wanted.keys()].join(', ')}`);
    }
    return { reservationIds: held.map(({ id }) => id) };
  }

  @Handles(inventory.release)
  async release({ orderId }: OrderRef, { db }: HandlerContext): Promise<Record<string, never>> {
    await db.query(RELEASE, [orderId]);
    return {};
  }
}

type Reserve = OutputOf<typeof inventory.reserve.request>;
type Reserved = OutputOf<typeof inventory.reserve.reply>;
type OrderRef = OutputOf<typeof inventory.release.request>;

function sumBySku(items: Reserve['items']): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { sku, quantity } of items) sums.set(sku, (sums.get(sku) ?? 0) + quantity);
  return sums;
}

/**
 * Locks in sku order first (two orders for the same skus must not deadlock), then takes what is
 * there by the rows' latest state; a sku that is short or unknown yields no row.
 */
const RESERVE = `
  with wanted as (
    select sku, quantity from unnest($2::text[], $3::bigint[]) as line (sku, quantity)
  ), locked as materialized (
    select sku from stock join wanted using (sku) order by sku for no key update of stock
  ), taken as (
    update stock set reserved = reserved + wanted.quantity
    from locked join wanted using (sku)
    where stock.sku = locked.sku and on_hand - reserved >= wanted.quantity
    returning stock.sku, wanted.quantity
  )
  insert into reservation (order_id, sku, quantity)
  select $1, sku, quantity from taken order by sku returning id, sku`;

/** Gives back what the order still holds, and nothing the second time. Locks in sku order as well. */
const RELEASE = `
  with released as (
    update reservation set status = 'released' where order_id = $1 and status = 'held'
    returning sku, quantity
  ), freed as (
    select sku, sum(quantity)::integer as quantity from released group by sku
  ), locked as materialized (
    select sku from stock where sku in (select sku from freed) order by sku for no key update
  )
  update stock set reserved = reserved - freed.quantity
  from locked join freed using (sku) where stock.sku = locked.sku`;
