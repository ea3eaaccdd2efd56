import { Controller } from '@nestjs/common';
import { inventory } from '@skald/contracts';
import type { OutputOf } from '@skald/core';
import { Prepares, StepRejected, type HandlerContext } from '@skald/participant';
import type { DataSource } from 'typeorm';

const MOST_AT_ONCE = 10_000;

/** The stock side of a two-phase transaction: what is reserved for an order leaves the store. */
@Controller()
export class DeductionParticipant {
  /** A hold that may still end by itself is not deducted. */
  @Prepares(inventory.deduct)
  async deduct({ orderId }: Deduct, { db }: HandlerContext): Promise<Deducted> {
    const items = await db.query<Deducted['items']>(DEDUCT, [orderId]);
    if (items.length > 0) return { items };
    throw new StepRejected('nothing-reserved', `nothing is reserved for order ${orderId}`);
  }
}

type Deduct = OutputOf<typeof inventory.deduct.request>;
type Deducted = OutputOf<typeof inventory.deduct.reply>;

/** Moves the deductions that are decided into the rows of stock. Nothing changes for who looks. */
export async function bookDeductions(dataSource: DataSource): Promise<void> {
  await dataSource.query(BOOK, [MOST_AT_ONCE]);
}

/**
 * Locks the order's own reservations and appends. The sku's row of stock, which all orders share, stays
 * free: what is available does not change by a deduction, so there is nothing to check there.
 */
const DEDUCT = `
  with deducted as (
    update reservation set status = 'deducted'
    where order_id = $1 and status = 'held' and expires_at is null
    returning id, sku, quantity
  )
  insert into deduction (reservation_id, sku, quantity)
  select id, sku, quantity from deducted order by sku returning sku, quantity`;

/** Instances share the work by passing over what another one is booking; skus are locked in order. */
const BOOK = `
  with booked as (
    delete from deduction where reservation_id in (
      select reservation_id from deduction limit $1 for update skip locked
    ) returning sku, quantity
  ), sums as (
    select sku, sum(quantity)::integer as quantity from booked group by sku
  ), locked as materialized (
    select sku from stock where sku in (select sku from sums) order by sku for no key update
  )
  update stock set on_hand = on_hand - sums.quantity, reserved = reserved - sums.quantity
  from locked join sums using (sku) where stock.sku = locked.sku`;
