import { randomUUID } from 'node:crypto';
import { waitFor } from '../../tools/wait.mjs';
import { call, type TransactionItem } from '../setup/client.js';
import { NORTH, SOUTH, type Place, type Transfer } from '../kill/transfer-books.js';

/** A share of all that is meant to abort: half of it by a vote, half by a cancel while it is under way. */
const ABORTING = 0.2;
const SKUS = 100;
const MAX_MOVED = 7;
/** More than both warehouses have together. */
const TOO_MUCH = 20_001;
const PATIENCE_MS = 120_000;
const WAIT_SECONDS = 30;
const ENDS = ['committed', 'aborted', 'parked'];

/** Voted down and cancelled ones were chosen to abort; a cancel may come too late. */
export type Fate = 'good' | 'voted-down' | 'cancelled';

export interface Settlement {
  readonly id: string;
  readonly input: { readonly orderId: string };
}

export type Job = { readonly fate: Fate } & (
  | ({ readonly definition: 'settle-order' } & Settlement)
  | ({ readonly definition: 'transfer-stock' } & Transfer)
);

/** One settlement for each order and as many transfers, in an order and with fates that are drawn. */
export function drawJobs(orderIds: readonly string[], draw: () => number): Job[] {
  const jobs = orderIds.flatMap((orderId): Job[] => {
    const settled = drawFate(draw);
    const input = { orderId: settled === 'voted-down' ? randomUUID() : orderId };
    return [
      { definition: 'settle-order', id: randomUUID(), input, fate: settled },
      drawTransfer(drawFate(draw), draw),
    ];
  });
  return jobs
    .map((job) => ({ job, place: draw() }))
    .sort((a, b) => a.place - b.place)
    .map(({ job }) => job);
}

function drawFate(draw: () => number): Fate {
  const luck = draw();
  if (luck >= ABORTING) return 'good';
  return luck < ABORTING / 2 ? 'voted-down' : 'cancelled';
}

function drawTransfer(fate: Fate, draw: () => number): Job {
  const [from, to]: [Place, Place] = draw() < 0.5 ? [NORTH, SOUTH] : [SOUTH, NORTH];
  const sku = `SKU-${String(Math.floor(draw() * SKUS) + 1).padStart(3, '0')}`;
  const drawn = Math.floor(draw() * MAX_MOVED) + 1;
  const quantity = fate === 'voted-down' ? TOO_MUCH : drawn;
  const input = { sku, quantity, from, to };
  return { definition: 'transfer-stock', id: randomUUID(), input, fate };
}

/**
 * Starts all of them, never more than `atOnce` under way, and waits for every end.
 *
 * @param onStart Hears of each right before it is started.
 */
export async function runAll(
  coordinator: string,
  jobs: readonly Job[],
  { atOnce, onStart }: { atOnce: number; onStart: (job: Job) => void },
): Promise<void> {
  const waiting = jobs.values();
  const customer = async () => {
    for (const job of waiting) {
      onStart(job);
      await runOne(coordinator, job);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, customer));
}

/** Whoever is not answered asks again: on a busy machine 200 at once may be too many for a while. */
async function runOne(coordinator: string, job: Job): Promise<void> {
  const { id, definition, input, fate } = job;
  const url = `${coordinator}/v1/transactions/${id}`;
  const put = async (seconds: number): Promise<string | undefined> => {
    const headers = { prefer: `wait=${seconds}` };
    const body = { definition, input };
    const timeoutMs = (seconds + 10) * 1_000;
    const asked = call<TransactionItem>(url, { method: 'PUT', headers, body, timeoutMs });
    const answer = await asked.catch(() => undefined);
    if (!answer || answer.status === 503) return undefined;
    if ([200, 201, 202].includes(answer.status)) return answer.body.status;
    throw new Error(`${id} was answered ${answer.status}`);
  };
  const until = (what: string, isSo: () => Promise<boolean>) =>
    waitFor(isSo, { timeoutMs: PATIENCE_MS, what: `${id} to ${what}`, everyMs: 100 });
  if (fate === 'cancelled') {
    await until('be accepted', async () => (await put(0)) !== undefined);
    // No answer, or a no, is fine: it may be decided already.
    const body = { reason: 'drawn' };
    await call(`${url}/cancel`, { method: 'POST', body }).catch(() => undefined);
  }
  await until('end', async () => ENDS.includes((await put(WAIT_SECONDS)) ?? ''));
}
