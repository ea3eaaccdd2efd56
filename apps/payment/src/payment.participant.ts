import { Controller } from '@nestjs/common';
import { payment } from '@skald/contracts';
import type { OutputOf } from '@skald/core';
import { Handles, StepRejected, type HandlerContext } from '@skald/participant';
import { OPENING_BALANCE_CENTS } from './account.entity.js';
import { authorize, capture } from './cards.js';

/**
 * The money side of a transaction.
 *
 * Each handler runs once per transaction and step, in the database transaction that also records its
 * inbox row: money moves together with the proof that it moved, or not at all. The account is always
 * locked before its payments.
 */
@Controller()
export class PaymentParticipant {
  @Handles(payment.charge)
  async charge(request: Charge, { db, command }: HandlerContext): Promise<Charged> {
    const { orderId, customerId, card, amountCents } = request;
    authorize(card);
    await db.query(OPEN, [customerId, OPENING_BALANCE_CENTS]);
    const [done] = await db.query<Captured[]>(CAPTURE, [orderId, customerId, amountCents]);
    if (!done?.isCovered) throw new StepRejected('insufficient-funds');
    if (done.id === null) throw new StepRejected('already-charged', `order ${orderId} is paid`);
    capture(card, command.attempt);
    return { chargeId: done.id };
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

interface Captured {
  /** Whether the account had the money. */
  readonly isCovered: boolean;
  /** Null when the order is paid already. */
  readonly id: string | null;
}

/** Two first charges of one customer at once open one account; the second waits for the first. */
const OPEN = `
  insert into account (id, balance_cents, opened_with_cents) values ($1, $2, $2)
  on conflict (id) do nothing`;

/** Checks and takes by the account's latest state; the payment exists exactly if the money was taken. */
const CAPTURE = `
  with taken as (
    update account set balance_cents = balance_cents - $3
    where id = $2 and balance_cents >= $3 returning id
  ), captured as (
    insert into payment (order_id, customer_id, amount_cents)
    select $1, taken.id, $3 from taken
    on conflict (order_id) where status <> 'refunded' do nothing returning id
  )
  select exists (select from taken) as "isCovered", (select id from captured) as id`;

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
