import { Controller } from '@nestjs/common';
import { payment } from '@skald/contracts';
import type { OutputOf } from '@skald/core';
import { Prepares, StepRejected, type HandlerContext } from '@skald/participant';
import { charge } from './take.js';

/** The money side of a two-phase transaction. */
@Controller()
export class SettlementParticipant {
  /** While it is prepared other payments of the same customer wait, and nobody else's. */
  @Prepares(payment.capture)
  capture(request: Charge, context: HandlerContext): Promise<Charged> {
    return charge(request, context);
  }

  /** Books what was captured for the order to the merchant's ledger. */
  @Prepares(payment.settle)
  async settle({ orderId }: OrderRef, { db }: HandlerContext): Promise<Settled> {
    const [entry] = await db.query<Entry[]>(SETTLE, [orderId]);
    if (entry) return { entryId: entry.entryId, amountCents: Number(entry.amountCents) };
    const [latest] = await db.query<{ status: string }[]>(LATEST, [orderId]);
    const what = latest ? `the payment of order ${orderId} is ${latest.status}` : undefined;
    throw new StepRejected('payment-not-captured', what ?? `nothing was paid for order ${orderId}`);
  }
}

interface Entry {
  readonly entryId: string;
  readonly amountCents: string;
}

type Charge = OutputOf<typeof payment.capture.request>;
type Charged = OutputOf<typeof payment.capture.reply>;
type OrderRef = OutputOf<typeof payment.settle.request>;
type Settled = OutputOf<typeof payment.settle.reply>;

/** Locks the order's own payment and appends: settlements of different orders never meet. */
const SETTLE = `
  with settled as (
    update payment set status = 'settled' where order_id = $1 and status = 'captured'
    returning id, order_id, amount_cents
  )
  insert into ledger_entry (payment_id, order_id, amount_cents)
  select id, order_id, amount_cents from settled
  returning id as "entryId", amount_cents as "amountCents"`;

const LATEST = `
  select status from payment where order_id = $1 order by created_at desc limit 1`;
