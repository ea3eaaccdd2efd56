import type { TransactionItem } from '../setup/client.js';
import { rowsOf } from '../kill/ledger.js';
import type { Settlement } from './load.js';

/** What all services know of an order, in one line: what a settlement changes, all or nothing. */
const SETTLED = 'completed, settled, booked once, deducted';
const UNTOUCHED = 'confirmed, captured, not booked, held';

/**
 * Everything that is wrong in the databases of the three services, one sentence each, given what was to be
 * settled and how each transaction ended:
 *
 * 1. An order whose settlement committed is completed, its payment settled and booked to the ledger once and
 *    in full, its stock deducted; one whose settlement aborted is as it was.
 * 2. Money is conserved: balance and payments of an account add up to what it opened with, and the ledger
 *    has what was settled.
 * 3. Stock is conserved: what is there and what was deducted is what was there in the beginning.
 */
export async function auditSettlements(
  databases: Readonly<Record<string, string>>,
  {
    orderIds,
    settlements,
    onHand,
  }: { orderIds: readonly string[]; settlements: readonly Settlement[]; onHand: number },
  states: ReadonlyMap<string, TransactionItem>,
): Promise<string[]> {
  const known = await statesOfOrders(databases, orderIds);
  const settled = new Map(settlements.map(({ id, input }) => [input.orderId, id]));
  const faults = orderIds.flatMap((orderId) => {
    const status = states.get(settled.get(orderId) ?? '')?.status ?? 'never asked for';
    const wanted = status === 'committed' ? SETTLED : UNTOUCHED;
    const found = known(orderId);
    return found === wanted ? [] : [`${orderId}, whose settlement is ${status}, is ${found}`];
  });
  return [
    ...faults,
    ...(await rowsOf<{ fault: string }>(databases['payment'] ?? '', MONEY)).map(
      ({ fault }) => fault,
    ),
    ...(await stockFaults(databases['inventory'] ?? '', onHand)),
  ];
}

async function statesOfOrders(
  databases: Readonly<Record<string, string>>,
  orderIds: readonly string[],
): Promise<(orderId: string) => string> {
  const read = async (service: string, sql: string) => {
    const rows = await rowsOf<{ id: string; is: string }>(databases[service] ?? '', sql);
    return new Map(rows.map(({ id, is }) => [id, is]));
  };
  const [orders, payments, reservations] = await Promise.all([
    read('order', 'select id, status as is from customer_order'),
    read('payment', PAYMENTS),
    read('inventory', RESERVATIONS),
  ]);
  if (orders.size < orderIds.length) throw new Error('orders are missing');
  return (id) => [orders, payments, reservations].map((of) => of.get(id) ?? 'missing').join(', ');
}

const PAYMENTS = `
  select payment.order_id as id, string_agg(status || ', ' || coalesce(booked, 'not booked'), '; ') as is
  from payment left join (
    select payment_id, case when count(*) = 1 then 'booked once' else 'booked ' || count(*) end as booked,
      sum(amount_cents) as amount_cents
    from ledger_entry group by payment_id
  ) as entries on payment_id = payment.id and entries.amount_cents = payment.amount_cents
  group by payment.order_id`;

const RESERVATIONS = `
  select order_id as id, string_agg(status, '; ') as is from reservation group by order_id`;

const MONEY = `
  select 'account ' || id || ' does not add up' as fault
  from account left join (
    select customer_id, sum(amount_cents) as paid from payment where status <> 'refunded' group by 1
  ) as payments on customer_id = id
  where balance_cents + coalesce(paid, 0) <> opened_with_cents
  union all
  select 'the ledger has ' || booked || ', settled were ' || settled from
    (select coalesce(sum(amount_cents), 0) as booked from ledger_entry) as entries,
    (select coalesce(sum(amount_cents), 0) as settled from payment where status = 'settled') as payments
  where booked <> settled`;

/** Deductions that are not booked yet still count as there, and as reserved. */
const STOCK = `
  select sku, on_hand - coalesce(waiting, 0)::int as "onHand", reserved - coalesce(waiting, 0)::int as reserved,
    coalesce(held, 0)::int as held, coalesce(deducted, 0)::int as deducted
  from stock
    left join (
      select sku, sum(quantity) filter (where status = 'held') as held,
        sum(quantity) filter (where status = 'deducted') as deducted
      from reservation group by sku
    ) as reservations using (sku)
    left join (select sku, sum(quantity) as waiting from deduction group by sku) as deductions using (sku)
  where sku = 'GADGET'`;

async function stockFaults(database: string, before: number): Promise<string[]> {
  const [row] = await rowsOf<Record<'onHand' | 'reserved' | 'held' | 'deducted', number>>(
    database,
    STOCK,
  );
  if (!row) return ['there is no stock'];
  const { onHand, reserved, held, deducted } = row;
  return [
    ...(onHand + deducted === before
      ? []
      : [`${before} were there: ${onHand} and ${deducted} deducted`]),
    ...(reserved === held ? [] : [`${reserved} are reserved, ${held} held`]),
  ];
}
