import { waitFor } from '../../tools/wait.mjs';
import { letCrowdOrder, onlyGood, statesOf, underWay } from '../kill/crowd.js';
import { chosenSeed, drawing } from '../kill/drawing.js';
import { auditTransfers } from '../kill/transfer-books.js';
import { call, type TransactionItem, type TransactionView } from '../setup/client.js';
import { startSkald, type Skald } from '../setup/skald.js';
import { drawJobs, runAll, type Job } from './load.js';
import { Onlooker, type OneSided } from './onlooker.js';
import { auditSettlements } from './settlement-books.js';

const isFull = process.env['SKALD_CHAOS'] === 'all';
/** Settlements, and transfers. */
const COUNT = isFull ? 2_000 : 150;
const seed = chosenSeed();

const OPENING_GADGETS = 10_000;
const LEAST_COMMITTED = 0.9;
/** Of one transaction; the prepare deadline is half of it. */
const LONGEST_MS = 60_000;
/** By how much the coordinator's idea of the database's clock may change while it is measured. */
const CLOCK_MS = 100;
const BOUND_MS = 60_000 + 2 * COUNT * 100;

let skald: Skald;
const orderIds: string[] = [];
const jobs: Job[] = [];

beforeAll(async () => {
  skald = await startSkald();
}, 120_000);

afterAll(() => skald.stop());

const coordinator = () => skald.url('coordinator');

async function placeOrders(): Promise<string[]> {
  const crowd = letCrowdOrder(COUNT, coordinator, onlyGood);
  await crowd.done;
  const isQuiet = async () => (await underWay(coordinator())) === 0;
  await waitFor(isQuiet, { timeoutMs: BOUND_MS, what: 'the orders to be placed', everyMs: 200 });
  return crowd.wishes.map(({ id }) => id);
}

async function viewOf(id: string): Promise<TransactionView> {
  return (await call<TransactionView>(`${coordinator()}/v1/transactions/${id}`)).body;
}

/** From the last vote to the last acknowledgement, ms. */
async function phaseTwoMs(id: string): Promise<number> {
  const { branches, endedAt } = await viewOf(id);
  const votes = branches.map(({ votedAt }) => Date.parse(votedAt ?? ''));
  return Date.parse(endedAt ?? '') - Math.max(...votes);
}

/** Those of which one side was seen alone for longer than their phase two took. */
async function tooLong(oneSided: ReadonlyMap<string, OneSided>): Promise<string[]> {
  const faults: string[] = [];
  for (const [id, { from, to }] of oneSided) {
    const mayTake = (await phaseTwoMs(id)) + CLOCK_MS;
    // NaN, where it was never decided, is no excuse.
    if (!(to - from <= mayTake))
      faults.push(`${id}: ${to - from} ms, phase two took ${mayTake} ms`);
  }
  return faults;
}

function report(
  atOnce: number,
  mine: readonly Job[],
  { states, seconds }: { states: ReadonlyMap<string, TransactionItem>; seconds: number },
) {
  const items = mine.flatMap(({ id }) => states.get(id) ?? []);
  const took = items
    .map(({ createdAt, endedAt }) => Date.parse(endedAt ?? '') - Date.parse(createdAt))
    .sort((a, b) => a - b);
  const at = (share: number) => took[Math.ceil(took.length * share) - 1] ?? Number.NaN;
  const good = mine.filter(({ fate }) => fate === 'good');
  const committed = good.filter(({ id }) => states.get(id)?.status === 'committed').length;
  const share = committed / good.length;
  console.log(
    `${mine.length} settle-order and transfer-stock, ${atOnce} under way, seed ${seed}: ` +
      `${seconds.toFixed(1)} s, ${(mine.length / seconds).toFixed(0)}/s, ` +
      `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms; ` +
      `${(share * 100).toFixed(1)} % of those not chosen to abort committed`,
  );
  return { share, longestMs: at(1) };
}

test.each([50, 200])(
  `with %d under way and random aborts, seed ${seed}, totals are conserved`,
  async (atOnce) => {
    const orders = await placeOrders();
    const mine = drawJobs(orders, drawing(seed + atOnce));
    orderIds.push(...orders);
    jobs.push(...mine);
    const onlooker = await Onlooker.over(skald.run().databases);
    const since = performance.now();
    const onStart = ({ definition, id }: Job) => {
      if (definition === 'transfer-stock') onlooker.lookFor(id);
    };
    const ran = runAll(coordinator(), mine, { atOnce, onStart });
    await ran.finally(() => onlooker.stop());
    const seconds = (performance.now() - since) / 1_000;
    const { looks, oneSided } = onlooker;
    const states = await statesOf(coordinator());

    const { share, longestMs } = report(atOnce, mine, { states, seconds });
    const spans = [...oneSided.values()].map(({ from, to }) => to - from);
    console.log(
      `read ${looks} times meanwhile: ${oneSided.size} transfers were seen one-sided, ` +
        `for at most ${Math.max(0, ...spans).toFixed(0)} ms`,
    );
    const { databases } = skald.run();
    const transfers = jobs.filter((job) => job.definition === 'transfer-stock');
    expect(await auditTransfers(databases, transfers, states)).toEqual([]);
    const settlements = jobs.filter((job) => job.definition === 'settle-order');
    const settled = { orderIds, settlements, onHand: OPENING_GADGETS };
    expect(await auditSettlements(databases, settled, states)).toEqual([]);
    expect(share).toBeGreaterThanOrEqual(LEAST_COMMITTED);
    expect(longestMs).toBeLessThan(LONGEST_MS);
    expect(looks).toBeGreaterThan(0);
    expect(await tooLong(oneSided)).toEqual([]);
  },
  3 * BOUND_MS,
);

test('nothing is left prepared', async () => {
  const isNothing = async () => {
    const { body } = await call<{ items: unknown[] }>(`${coordinator()}/v1/in-doubt`);
    return body.items.length === 0;
  };
  await waitFor(isNothing, { timeoutMs: 60_000, what: 'nothing to be prepared', everyMs: 500 });
}, 90_000);
