import { Controller } from '@nestjs/common';
import { payment, type OrderItem } from '@skald/contracts';
import type { OutputOf } from '@skald/core';
import {
  Cancels,
  Confirms,
  StepRejected,
  Tries,
  type DecisionContext,
  type TryContext,
} from '@skald/participant';
import type { DataSource, EntityManager } from 'typeorm';
import { take } from './take.js';

const MOST_AT_ONCE = 1_000;

/**
 * The money side of a transaction by try, confirm and cancel.
 *
 * An authorization is committed at once and locks nothing afterwards: the money has left the account,
 * and comes back when it is cancelled or its time is over.
 */
@Controller()
export class AuthorizationParticipant {
  @Tries(payment.authorize)
  async authorize(request: Authorize, context: TryContext): Promise<Authorized> {
    const { items, ...order } = request;
    const amountCents = await priceOf(context.db, items);
    const until = promised(context.reservedUntil);
    const chargeId = await take({ ...order, amountCents }, context, until);
    return { chargeId, amountCents, authorizedUntil: until.toISOString() };
  }

  /** Refuses when its time is over, whether or not that was noticed. */
  @Confirms(payment.authorize)
  async capture(_request: Authorize, { db, action }: DecisionContext): Promise<void> {
    const { chargeId } = authorizedBy(action);
    const [, count] = await db.query<[unknown, number]>(CAPTURE, [chargeId]);
    if (count === 1) return;
    throw new StepRejected('authorization-expired', `charge ${chargeId} went back to its account`);
  }

  @Cancels(payment.authorize)
  async cancel(_request: Authorize, { db, action }: DecisionContext): Promise<void> {
    await giveBack(db, [authorizedBy(action).chargeId]);
  }
}

type Authorize = OutputOf<typeof payment.authorize.request>;
type Authorized = OutputOf<typeof payment.authorize.reply>;

function authorizedBy({ reply }: DecisionContext['action']): Authorized {
  return reply as Authorized;
}

function promised(until: Date | null): Date {
  if (until) return until;
  throw new TypeError('the contract of authorize says for how long it holds');
}

/** Gives back what is only authorized; what was captured, or went back already, stays as it is. */
async function giveBack(db: EntityManager, chargeIds: readonly string[]): Promise<void> {
  await db.query(GIVE_BACK, [chargeIds]);
}

/** Gives back what was authorized for longer than was promised. */
export async function giveBackExpired(dataSource: DataSource): Promise<void> {
  const due = await dataSource.query<{ id: string }[]>(EXPIRED, [MOST_AT_ONCE]);
  if (due.length === 0) return;
  const ids = due.map(({ id }) => id);
  await dataSource.transaction((db) => giveBack(db, ids));
}

/**
 * What the items cost by the price list.
 *
 * @throws StepRejected `unknown-sku` that names every sku the list lacks.
 */
async function priceOf(db: EntityManager, items: readonly OrderItem[]): Promise<number> {
  const skus = [...new Set(items.map(({ sku }) => sku))];
  const rows = await db.query<{ sku: string; cents: number }[]>(PRICES, [skus]);
  const prices = new Map(rows.map(({ sku, cents }) => [sku, cents]));
  const unknown = skus.filter((sku) => !prices.has(sku));
  if (unknown.length > 0) throw new StepRejected('unknown-sku', unknown.join(', '));
  return items.reduce((sum, { sku, quantity }) => sum + quantity * (prices.get(sku) ?? 0), 0);
}

const PRICES = `select sku, price_cents as cents from price where sku = any($1)`;

/** Of a capture and an expiry of the same payment, one finds it authorized. */
const CAPTURE = `
  update payment set status = 'captured', expires_at = null
  where id = $1 and status = 'authorized' and expires_at > clock_timestamp()`;

/** A capture may still come between; giving back looks again. */
const EXPIRED = `
  select id from payment where status = 'authorized' and expires_at <= clock_timestamp()
  order by expires_at limit $1`;

/** Locks accounts in order of their ids, before the payments, as everybody does. */
const GIVE_BACK = `
  with locked as materialized (
    select id from account where id in (select customer_id from payment where id = any($1::uuid[]))
    order by id for no key update
  ), refunded as (
    update payment set status = 'refunded', expires_at = null from locked
    where payment.id = any($1::uuid[]) and status = 'authorized' and customer_id = locked.id
    returning customer_id, amount_cents
  ), returned as (
    select customer_id, sum(amount_cents) as cents from refunded group by customer_id
  )
  update account set balance_cents = balance_cents + cents from returned where account.id = customer_id`;
