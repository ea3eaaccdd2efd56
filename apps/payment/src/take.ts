import type { payment } from '@skald/contracts';
import type { OutputOf } from '@skald/core';
import { StepRejected, type HandlerContext } from '@skald/participant';
import { OPENING_BALANCE_CENTS } from './account.entity.js';
import { authorize, capture } from './cards.js';

type Charge = OutputOf<typeof payment.charge.request>;
type Charged = OutputOf<typeof payment.charge.reply>;

interface Taken {
  /** Whether the account had the money. */
  readonly isCovered: boolean;
  /** Null when the order is paid already. */
  readonly id: string | null;
}

/**
 * Asks the card's issuer and takes the money, for good.
 *
 * @throws StepRejected `card-declined`, `card-unknown`, `insufficient-funds` or `already-charged`.
 */
export async function charge(request: Charge, context: HandlerContext): Promise<Charged> {
  return { chargeId: await take(request, context, null) };
}

/**
 * Takes the money from the customer's account as the order's one payment, and gives its id: captured, or
 * authorized when it shall come back at `expiresAt`.
 *
 * @throws StepRejected as `charge` does.
 */
export async function take(
  { orderId, customerId, card, amountCents }: Charge,
  { db, command }: HandlerContext,
  expiresAt: Date | null,
): Promise<string> {
  authorize(card);
  await db.query(OPEN, [customerId, OPENING_BALANCE_CENTS]);
  const [done] = await db.query<Taken[]>(TAKE, [orderId, customerId, amountCents, expiresAt]);
  if (!done?.isCovered) throw new StepRejected('insufficient-funds');
  if (done.id === null) throw new StepRejected('already-charged', `order ${orderId} is paid`);
  capture(card, command.attempt);
  return done.id;
}

/** Two first charges of one customer at once open one account; the second waits for the first. */
const OPEN = `
  insert into account (id, balance_cents, opened_with_cents) values ($1, $2, $2)
  on conflict (id) do nothing`;

/** Checks and takes by the account's latest state; the payment exists exactly if the money was taken. */
const TAKE = `
  with taken as (
    update account set balance_cents = balance_cents - $3
    where id = $2 and balance_cents >= $3 returning id
  ), paid as (
    insert into payment (order_id, customer_id, amount_cents, status, expires_at)
    select $1, taken.id, $3,
      case when $4::timestamptz is null then 'captured' else 'authorized' end, $4
    from taken
    on conflict (order_id) where status <> 'refunded' do nothing returning id
  )
  select exists (select from taken) as "isCovered", (select id from paid) as id`;
