import { Client } from 'pg';
import type { TransactionItem } from '../setup/client.js';
import type { Wish } from './crowd.js';

const CONSERVED_STOCK = { WIDGET: 10_000, GADGET: 10_000, RARE: 1 };

interface Books {
  accounts: { id: string; balance: number; opened: number }[];
  payments: { orderId: string; customer: string; cents: number; status: string }[];
  stock: { sku: string; onHand: number; reserved: number }[];
  reservations: { orderId: string; sku: string; quantity: number; status: string }[];
  orders: { id: string; status: string; cents: number }[];
}

/**
 * Everything that is wrong in the services' own books, one sentence each, given what was ordered and
 * how each transaction ended. Reads tables, not APIs, and knows nothing of how Skald works:
 *
 * 1. Money is conserved: balance and captured payments of an account add up to what it opened with.
 * 2. Stock is conserved: what is reserved of a sku is what held reservations hold; nothing vanished.
 * 3. A completed order is confirmed, was paid exactly once and in full, and holds what it wanted.
 * 4. A compensated order is rejected, or was never written; it paid nothing and holds nothing.
 * 5. Nothing belongs to an order that nobody placed.
 */
export async function auditBooks(
  databases: Readonly<Record<string, string>>,
  wishes: readonly Wish[],
  states: ReadonlyMap<string, TransactionItem>,
): Promise<string[]> {
  const books = await readBooks(databases);
  return [
    ...moneyFaults(books),
    ...stockFaults(books),
    ...wishes.flatMap((wish) => orderFaults(wish, states.get(wish.id), books)),
    ...strangers(books, new Set(wishes.map(({ id }) => id))),
  ];
}

async function readBooks(databases: Readonly<Record<string, string>>): Promise<Books> {
  const read = <Row>(service: string, sql: string) => rowsOf<Row>(databases[service] ?? '', sql);
  const [accounts, payments, stock, reservations, orders] = await Promise.all([
    read<Books['accounts'][number]>(
      'payment',
      'select id, balance_cents::float as balance, opened_with_cents::float as opened from account',
    ),
    read<Books['payments'][number]>(
      'payment',
      `select order_id as "orderId", customer_id as customer, amount_cents::float as cents, status
       from payment`,
    ),
    read<Books['stock'][number]>(
      'inventory',
      'select sku, on_hand as "onHand", reserved from stock',
    ),
    read<Books['reservations'][number]>(
      'inventory',
      'select order_id as "orderId", sku, quantity, status from reservation',
    ),
    read<Books['orders'][number]>(
      'order',
      'select id, status, total_cents::float as cents from customer_order',
    ),
  ]);
  return { accounts, payments, stock, reservations, orders };
}

/** What one statement finds in a database. */
export async function rowsOf<Row>(connectionString: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

function moneyFaults({ accounts, payments }: Books): string[] {
  return accounts.flatMap(({ id, balance, opened }) => {
    const taken = payments.filter((p) => p.customer === id && p.status === 'captured');
    const sum = balance + taken.reduce((total, { cents }) => total + cents, 0);
    return sum === opened ? [] : [`account ${id} opened with ${opened} and adds up to ${sum}`];
  });
}

function stockFaults({ stock, reservations }: Books): string[] {
  const reserved = stock.flatMap((row) => {
    const held = reservations.filter((r) => r.sku === row.sku && r.status === 'held');
    const sum = held.reduce((total, { quantity }) => total + quantity, 0);
    return sum === row.reserved ? [] : [`${row.sku}: reserved ${row.reserved}, held ${sum}`];
  });
  const onHand = Object.entries(CONSERVED_STOCK).flatMap(([sku, count]) => {
    const row = stock.find((one) => one.sku === sku);
    return row?.onHand === count ? [] : [`${sku}: ${count} were there, now ${row?.onHand ?? 0}`];
  });
  return [...reserved, ...onHand];
}

function orderFaults({ id, input }: Wish, state: TransactionItem | undefined, books: Books) {
  const status = state?.status ?? 'unknown';
  if (status !== 'completed' && status !== 'compensated') return [`${id} ended as ${status}`];
  const order = books.orders.find((one) => one.id === id);
  const found = {
    order: order?.status ?? 'missing',
    paid: books.payments
      .filter((payment) => payment.orderId === id && payment.status === 'captured')
      .map(({ cents, customer }) => `${cents} by ${customer}`),
    holds: books.reservations
      .filter((reservation) => reservation.orderId === id && reservation.status === 'held')
      .map(({ sku, quantity }) => `${quantity} ${sku}`),
  };
  const done = {
    order: 'confirmed',
    paid: [`${order?.cents ?? 0} by ${input.customerId}`],
    holds: input.items.map(({ sku, quantity }) => `${quantity} ${sku}`),
  };
  const back = { order: order ? 'rejected' : 'missing', paid: [], holds: [] };
  const expected = JSON.stringify(status === 'completed' ? done : back);
  const actual = JSON.stringify(found);
  return actual === expected ? [] : [`${status} ${id}: ${actual}, expected ${expected}`];
}

function strangers({ payments, reservations, orders }: Books, known: ReadonlySet<string>) {
  const named = [
    ...orders.map(({ id }) => ({ what: 'order', id })),
    ...payments.map(({ orderId: id }) => ({ what: 'payment', id })),
    ...reservations.map(({ orderId: id }) => ({ what: 'reservation', id })),
  ];
  return named.flatMap(({ what, id }) => (known.has(id) ? [] : [`${what} of nobody: ${id}`]));
}
