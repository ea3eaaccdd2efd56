import { Controller } from '@nestjs/common';
import { payment } from '@skald/contracts';
import type { OutputOf } from '@skald/core';
import { Handles, StepRejected, type HandlerContext } from '@skald/participant';
import { charge } from './take.js';

/**
 * The money side of a saga.
 *
 * Each handler runs once per transaction and step, in the database transaction that also records its
 * inbox row: money moves together with the proof that it moved, or not at all. The account is always
 * locked before its payments.
 */
@Controller()
export class PaymentParticipant {
  @Handles(payment.charge)
  charge(request: Charge, context: HandlerContext): Promise<Charged> {
    return charge(request, context);
  }

  @Handles(payment.refund)
  async refund({ orderId }: OrderRef, { db }: HandlerContext): Promise<Record<string, never>> {
    const [refunded] = await db.query<{ count: number }[]>(REFUND, [orderId]);
    if (refunded?.count !== 1) throw new StepRejected('nothing-to-refund', `order ${orderId}`);
    return {};
  }
}

type Charge = OutputOf<typeof payment.charge.request>;
type Charged = OutputOf<typeof payment.charge.reply>;
type OrderRef = OutputOf<typeof payment.refund.request>;

/** An order has at most one payment that is not refunded, so this gives back once. */
const REFUND = `
  with locked as materialized (
    select id from account
    where id in (select customer_id from payment where order_id = $1) for no key update
  ), refunded as (
    update payment set status = 'refunded' from locked
    where order_id = $1 and status = 'captured' and customer_id = locked.id
    returning customer_id, amount_cents
  ), returned as (
    update account set balance_cents = balance_cents + amount_cents
    from refunded where account.id = customer_id returning account.id
  )
  select count(*)::integer as count from returned`;
