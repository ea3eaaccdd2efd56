import type { OrderItem } from '@skald/contracts';
import { StepRejected } from '@skald/participant';
import type { DataSource, EntityManager } from 'typeorm';

const MOST_AT_ONCE = 1_000;

/**
 * Holds the whole order's stock, for good or until `expiresAt`, and gives the reservations' ids.
 *
 * @throws StepRejected `out-of-stock` that names every sku that is short or unknown.
 */
export async function reserve(
  db: EntityManager,
  { orderId, items }: { orderId: string; items: readonly OrderItem[] },
  expiresAt: Date | null,
): Promise<string[]> {
  const wanted = sumBySku(items);
  const held = await db.query<{ id: string; sku: string }[]>(RESERVE, [
    orderId,
    [...wanted.keys()],
    [...wanted.values()],
    expiresAt,
  ]);
  if (held.length === wanted.size) return held.map(({ id }) => id);
  for (const { sku } of held) wanted.delete(sku);
  throw new StepRejected('out-of-stock', `not enough of ${[...wanted.keys()].join(', ')}`);
}

/** @throws StepRejected `hold-expired` when its time is over, whether or not it was noticed. */
export async function keep(db: EntityManager, reservationIds: readonly string[]): Promise<void> {
  const [, count] = await db.query<[unknown, number]>(KEEP, [reservationIds]);
  if (count === reservationIds.length) return;
  throw new StepRejected('hold-expired', 'what was held may have gone to somebody else');
}

/** Makes available what these reservations still hold only for a time. */
export async function letGo(db: EntityManager, reservationIds: readonly string[]): Promise<void> {
  await db.query(LET_GO, [reservationIds]);
}

/** Makes available what was held for longer than was promised. */
export async function releaseExpired(dataSource: DataSource): Promise<void> {
  const due = await dataSource.query<{ id: string }[]>(EXPIRED, [MOST_AT_ONCE]);
  if (due.length === 0) return;
  const ids = due.map(({ id }) => id);
  await dataSource.transaction((db) => letGo(db, ids));
}

function sumBySku(items: readonly OrderItem[]): Map<string, number> {
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
  insert into reservation (order_id, sku, quantity, expires_at)
  select $1, sku, quantity, $4 from taken order by sku returning id, sku`;

/** Of a confirm and an expiry of the same hold, one finds it held. */
const KEEP = `
  update reservation set expires_at = null
  where id = any($1::uuid[]) and status = 'held' and expires_at > clock_timestamp()`;

/** A confirm may still come between; letting go looks again. */
const EXPIRED = `
  select id from reservation where status = 'held' and expires_at <= clock_timestamp()
  order by expires_at limit $1`;

/** Frees the stock of the reservations that the condition names, in the order of skus. */
const released = (condition: string) => `
  with released as (
    update reservation set status = 'released', expires_at = null
    where ${condition} and status = 'held' returning sku, quantity
  ), freed as (
    select sku, sum(quantity)::integer as quantity from released group by sku
  ), locked as materialized (
    select sku from stock where sku in (select sku from freed) order by sku for no key update
  )
  update stock set reserved = reserved - freed.quantity
  from locked join freed using (sku) where stock.sku = locked.sku`;

/** Gives back what the order still holds, and nothing the second time. */
export const RELEASE = released('order_id = $1');

/** A hold that was confirmed is not let go any more. */
const LET_GO = released('id = any($1::uuid[]) and expires_at is not null');
