import { randomUUID } from 'node:crypto';
import { waitFor } from '../../tools/wait.mjs';
import { call, placeOrder, type OrderInput, type TransactionItem } from '../setup/client.js';

const CONCURRENCY = 50;
const PATIENCE_MS = 60_000;
const UNDER_WAY = ['running', 'compensating', 'preparing', 'committing', 'aborting'];

/** An order as the customer sent it. */
export interface Wish {
  readonly id: string;
  readonly input: OrderInput;
}

/** What customers did and heard. */
export interface Crowd {
  readonly wishes: readonly Wish[];
  /** Ids that the coordinator acknowledged. */
  readonly accepted: Set<string>;
  /** How often each status came; 0 = no answer at all. */
  readonly statuses: Map<number, number>;
  /** Fulfils when every wish was accepted. */
  readonly done: Promise<void>;
}

/**
 * Lets `count` customers order at once, 50 requests at a time; each asks again under the same id
 * until it is acknowledged.
 *
 * @param coordinator Origin to ask, at the time of each request.
 * @param inputOf What the n-th customer wants.
 */
export function letCrowdOrder(count: number, coordinator: () => string, inputOf = allKinds): Crowd {
  const wishes = Array.from({ length: count }, (_, number) => ({
    id: randomUUID(),
    input: inputOf(number),
  }));
  const accepted = new Set<string>();
  const statuses = new Map<number, number>();
  const waiting = wishes.values();
  const askOne = async ({ id, input }: Wish) => {
    const put = { method: 'PUT', body: placeOrder(input), timeoutMs: 5_000 };
    const answer = call(`${coordinator()}/v1/transactions/${id}`, put);
    const status = await answer.then(({ status }) => status).catch(() => 0);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 200 || status === 201) accepted.add(id);
    // A crash may be answered by anything that says "try again", and by nothing else.
    else if (status !== 0 && status !== 503) throw new Error(`${id} was answered ${status}`);
    return accepted.has(id);
  };
  const askAll = async () => {
    for (const wish of waiting) {
      const what = `${wish.id} to be accepted`;
      await waitFor(() => askOne(wish), { timeoutMs: PATIENCE_MS, what, everyMs: 200 });
    }
  };
  const done = Promise.all(Array.from({ length: CONCURRENCY }, askAll)).then(() => undefined);
  // Whoever waits for it hears of a failure; until then it must not end the process.
  done.catch(() => undefined);
  return { wishes, accepted, statuses, done };
}

/** Every tenth card is declined, some are flaky, and every twentieth order wants too much. */
function allKinds(number: number): OrderInput {
  const isGreedy = number % 20 === 7;
  const card = number % 10 === 3 ? 'tok_declined' : number % 25 === 1 ? 'tok_flaky' : 'tok_visa';
  const items = [{ sku: isGreedy ? 'RARE' : 'WIDGET', quantity: 2 }];
  return { customerId: `c-${number % 40}`, items, card };
}

/** Nothing is wrong with the order. */
export function onlyGood(number: number): OrderInput {
  const items = [{ sku: 'GADGET', quantity: 1 }];
  return { customerId: `c-${number % 40}`, items, card: 'tok_visa' };
}

/** The last word on each transaction that the coordinator knows, by id. */
export async function statesOf(coordinator: string): Promise<Map<string, TransactionItem>> {
  const states = new Map<string, TransactionItem>();
  let cursor: string | null = null;
  do {
    const next: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const url = `${coordinator}/v1/transactions?limit=200${next}`;
    const { body, status } = await call<{ items: TransactionItem[]; nextCursor: string | null }>(
      url,
    );
    if (status !== 200) throw new Error(`${url} was answered ${status}`);
    for (const item of body.items) states.set(item.id, item);
    cursor = body.nextCursor;
  } while (cursor !== null);
  return states;
}

/** How many transactions are neither ended nor parked; without an answer nobody knows (NaN). */
export async function underWay(coordinator: string): Promise<number> {
  const url = `${coordinator}/v1/transactions?counts=true&limit=1`;
  const { body, status } = await call<{ counts: Partial<Record<string, number>> }>(url);
  if (status !== 200) return Number.NaN;
  return UNDER_WAY.reduce((sum, one) => sum + (body.counts[one] ?? 0), 0);
}
