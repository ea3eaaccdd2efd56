import type { OutgoingCommand } from '@skald/core';
import { StoreError, type TransactionStore } from '@skald/engine';
import { migrateCoordinator, PostgresStore } from '@skald/storage-postgres';
import { waitFor } from '../../../tools/wait.mjs';
import { testDatabase, type TestDatabase } from '../../setup/database.js';
import {
  startEngine,
  startOf,
  stepsIn,
  SUCCEEDED,
  type Answer,
  type EngineSettings,
  type TestEngine,
} from '../../setup/engine.js';
import { tripSaga, type TripTimes } from '../../setup/trip.saga.js';

let database: TestDatabase;
const stores: PostgresStore[] = [];
const running: TestEngine[] = [];

beforeEach(async () => {
  database = await testDatabase({ migrate: migrateCoordinator, template: 'coordinator' });
});

afterEach(async () => {
  for (const { engine } of running.splice(0)) await engine.stop();
  for (const store of stores.splice(0)) await store.close();
  await database.drop();
});

type Setting = Partial<EngineSettings> & { readonly times?: TripTimes; readonly faults?: Faults };

async function start({ times, faults, ...options }: Setting = {}): Promise<TestEngine> {
  const store = new PostgresStore({ url: database.url });
  stores.push(store);
  const settings = { answer: () => SUCCEEDED, ...options };
  const wrapped = faults ? withFaults(store, faults) : store;
  const started = await startEngine(wrapped, [tripSaga(times)], settings);
  running.push(started);
  return started;
}

interface Faults {
  /** The connection is lost when the next commit was sent; whether it arrived. */
  nextCommit?: 'lost' | 'unanswered';
  /** Nothing reaches the database. */
  isAway?: boolean;
  /** Of those that did not. */
  refused?: number;
}

/** A real store whose connection is cut where a test says so. */
function withFaults(store: PostgresStore, faults: Faults): TransactionStore {
  return new Proxy<TransactionStore>(store, {
    get(target, name, receiver): unknown {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]): Promise<unknown> => {
        if (faults.isAway) {
          faults.refused = (faults.refused ?? 0) + 1;
          throw new StoreError('unavailable', 'no connection');
        }
        const fault = name === 'commit' ? faults.nextCommit : undefined;
        if (fault) delete faults.nextCommit;
        if (fault === 'lost') throw new StoreError('unavailable', 'cut before');
        const result: unknown = await Reflect.apply(method, target, args);
        if (fault === 'unanswered') throw new StoreError('unavailable', 'cut after');
        return result;
      };
    },
  });
}

async function begin({ engine }: TestEngine, trip = 'a') {
  const { snapshot } = await engine.begin(startOf('trip', { trip }));
  return snapshot.transaction.id;
}

async function endOf({ engine }: TestEngine, id: Awaited<ReturnType<typeof begin>>) {
  const ended = await engine.waitForEnd(id, 10_000);
  return ended?.transaction;
}

test.each(['lost', 'unanswered'] as const)(
  'E5: a start whose commit is %s is answered by 503, and trying again finds the truth',
  async (nextCommit) => {
    const faults: Faults = { nextCommit };
    const test = await start({ faults });
    const request = startOf('trip', { trip: 'a' });
    await expect(test.engine.begin(request)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const again = () => test.engine.begin(request).catch(() => null);
    const begun = await waitFor(again, { timeoutMs: 5_000, what: 'the store to be back' });
    expect((await endOf(test, begun.snapshot.transaction.id))?.status).toBe('completed');
    expect(test.transport.sent).toHaveLength(3);
  },
);

test.each(['lost', 'unanswered'] as const)(
  'E5: a reply whose commit is %s is neither lost nor taken twice',
  async (nextCommit) => {
    const faults: Faults = {};
    const answer = ({ step }: OutgoingCommand): Answer => {
      if (step === 'pay') faults.nextCommit = nextCommit;
      return SUCCEEDED;
    };
    const test = await start({ faults, answer });
    expect((await endOf(test, await begin(test)))?.status).toBe('completed');
    expect(test.transport.sent.map(({ step }) => step)).toEqual([
      'book-flight',
      'pay',
      'send-tickets',
    ]);
  },
);

test('E6: a database that is away for longer than every timeout turns no saga back', async () => {
  const faults: Faults = {};
  const answer = ({ step }: OutgoingCommand): Answer => {
    if (step === 'book-flight') faults.isAway = true;
    return SUCCEEDED;
  };
  const test = await start({ faults, answer, times: { timeoutMs: 100, maxAttempts: 1 } });
  const id = await begin(test);
  await waitFor(() => !test.engine.health().isReady, { timeoutMs: 5_000, what: 'the outage' });
  const since = performance.now();
  await waitFor(() => performance.now() - since > 400, {
    timeoutMs: 5_000,
    what: 'an outage of 400 ms',
  });
  faults.isAway = false;
  expect((await endOf(test, id))?.status).toBe('completed');
});

const UNAVAILABLE: Answer = { outcome: 'failed', reason: 'unavailable' };

test.each<{ why: string; down: Answer; counted: number }>([
  { why: 'out of reach', down: 'undelivered', counted: 1 },
  // The three that open the circuit count.
  { why: 'without its own database', down: UNAVAILABLE, counted: 2 },
])('E7: while a participant is $why nothing is turned back', async ({ down, counted }) => {
  let isDown = true;
  const answer = (): Answer => (isDown ? down : SUCCEEDED);
  const circuit = { threshold: 3, pauseMs: 10, maxPauseMs: 20 };
  const test = await start({ answer, limits: { circuit }, times: { maxAttempts: 2 } });
  const ids = await Promise.all(
    Array.from({ length: 20 }, (_, number) => begin(test, `t-${number}`)),
  );
  await waitFor(() => test.transport.sent.length > 60, { timeoutMs: 5_000, what: 'many probes' });
  isDown = false;
  const ended = await Promise.all(ids.map((id) => endOf(test, id)));
  expect(new Set(ended.map((saga) => saga?.status))).toEqual(new Set(['completed']));
  const attempts = ended.flatMap((saga) => stepsIn(saga).map((step) => step.actionAttempts));
  expect(Math.max(...attempts)).toBe(counted);
});

test('the deadline turns a saga back whose participant never comes back', async () => {
  let isDown = true;
  const answer = ({ direction }: OutgoingCommand): Answer =>
    direction === 'compensation' && !isDown ? SUCCEEDED : 'undelivered';
  const circuit = { threshold: 3, pauseMs: 10, maxPauseMs: 20 };
  const test = await start({ answer, limits: { circuit }, times: { deadlineMs: 200 } });
  const id = await begin(test);
  const isTurning = async () => (await test.engine.find(id)).transaction.status === 'compensating';
  await waitFor(isTurning, { timeoutMs: 5_000, what: 'the deadline' });
  isDown = false;
  const ended = await endOf(test, id);
  expect(ended?.status).toBe('compensated');
  expect(ended?.state.failure).toMatchObject({ outcome: 'deadline-passed' });
});

test('silence is asked again, counted, and ends as the definition says', async () => {
  const test = await start({
    answer: ({ direction }) => (direction === 'action' ? 'silence' : SUCCEEDED),
    limits: { circuit: { threshold: 100, pauseMs: 10, maxPauseMs: 20 } },
    times: { timeoutMs: 30, maxAttempts: 3 },
  });
  const ended = await endOf(test, await begin(test));
  expect(ended?.status).toBe('compensated');
  expect(stepsIn(ended)[0]).toMatchObject({ status: 'compensated', actionAttempts: 3 });
});

test('a stranger does not settle a pivot whose outcome is being asked for', async () => {
  const test = await start({
    answer: ({ step }) => (step === 'pay' ? 'silence' : SUCCEEDED),
    limits: { circuit: { threshold: 100, pauseMs: 10, maxPauseMs: 20 } },
    times: { timeoutMs: 30, maxAttempts: 1 },
  });
  const id = await begin(test);
  const isBarred = () => test.transport.sent.some(({ direction }) => direction === 'bar');
  await waitFor(isBarred, { timeoutMs: 5_000, what: 'the pivot to be barred' });
  const forged = { transaction: id, step: 'pay', direction: 'action', attempt: 1 } as const;
  test.transport.deliver({ ...forged, reply: SUCCEEDED, participant: 'stranger' });
  const ended = await endOf(test, id);
  expect(ended?.state.parked).toMatchObject({ reason: 'outcome-unknown' });
});

test('a saga that waits for long leaves the memory and is woken when it is due', async () => {
  let isBusy = true;
  const answer = (): Answer => {
    if (!isBusy) return SUCCEEDED;
    isBusy = false;
    return { outcome: 'failed', reason: 'closed', retryAfterMs: 400 };
  };
  const test = await start({ answer, limits: { sleepAfterMs: 100 } });
  const id = await begin(test);
  const isAsleep = async () => {
    const [stored] = await (stores[0]?.load([id]) ?? []);
    return stored?.row.sleep ?? null;
  };
  const sleep = await waitFor(isAsleep, { timeoutMs: 5_000, what: 'the saga to sleep' });
  expect(sleep.waitingFor).toBe('travel');
  expect((await endOf(test, id))?.status).toBe('completed');
});

test('E8: what a dead coordinator left is taken over and goes on', async () => {
  const faults: Faults = {};
  const limits = { leaseMs: 1_000 };
  const dying = await start({ faults, limits, answer: () => 'silence' });
  const ids = await Promise.all(
    Array.from({ length: 30 }, (_, number) => begin(dying, `t-${number}`)),
  );
  faults.isAway = true; // For the others it is dead: no heartbeat, no commit.
  const heir = await start({ limits });
  for (const id of ids) expect((await endOf(heir, id))?.status).toBe('completed');
  faults.isAway = false;
});

describe('a coordinator that stops while the database is away', () => {
  async function refusedAfterwards({ engine }: TestEngine, faults: Faults): Promise<number> {
    const first = faults.refused ?? 0;
    await waitFor(() => (faults.refused ?? 0) > first + 2, { timeoutMs: 5_000, what: 'it tries' });
    await engine.stop();
    const before = faults.refused ?? 0;
    const since = performance.now();
    await waitFor(() => performance.now() - since > 1_500, {
      timeoutMs: 5_000,
      what: 'three of its pauses',
    });
    return (faults.refused ?? 0) - before;
  }

  it('does not go on looking for whom an answer is', async () => {
    const faults: Faults = { isAway: false };
    const test = await start({ faults });
    faults.isAway = true;
    test.transport.deliver({
      ...{ transaction: startOf('trip', { trip: 'a' }).id, step: 'pay', direction: 'action' },
      ...{ attempt: 1, reply: SUCCEEDED },
    });
    // What was under way may still come.
    expect(await refusedAfterwards(test, faults)).toBeLessThanOrEqual(1);
  });

  it('does not go on asking what became of a commit', async () => {
    const faults: Faults = {};
    const answer = (): Answer => {
      faults.isAway = true;
      return SUCCEEDED;
    };
    const test = await start({ faults, answer, limits: { drainMs: 100 } });
    await begin(test);
    await waitFor(() => !test.engine.health().isReady, { timeoutMs: 5_000, what: 'the outage' });
    expect(await refusedAfterwards(test, faults)).toBeLessThanOrEqual(1);
  });
});
