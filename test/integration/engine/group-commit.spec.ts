import type {
  Definition,
  Reply,
  SagaDefinition,
  StepCommand,
  StepDefinition,
  TransactionId,
} from '@skald/core';
import { StoreError, type Flush, type FlushResult } from '@skald/engine';
import { MemoryStore } from '@skald/testing';
import { waitFor } from '../../../tools/wait.mjs';
import {
  startEngine,
  startOf,
  SUCCEEDED,
  type EngineSettings,
  type TestEngine,
} from '../../setup/engine.js';
import { tripSaga } from '../../setup/trip.saga.js';

/** A store that shows its flushes and answers them when the test lets it. */
class HeldStore extends MemoryStore {
  readonly flushes: Flush[] = [];
  underWay = 0;
  mostUnderWay = 0;
  isAway = false;
  private gate: Promise<void> = Promise.resolve();

  /** Nothing is committed until the result is called. */
  hold(): () => void {
    let letGo: () => void = () => undefined;
    this.gate = new Promise((resolve) => (letGo = resolve));
    return letGo;
  }

  override async commit(flush: Flush): Promise<FlushResult> {
    this.flushes.push(flush);
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    await this.gate;
    this.underWay--;
    this.expectReachable();
    return super.commit(flush);
  }

  override async readBack(writer: number, flush: number): Promise<FlushResult> {
    this.expectReachable();
    return super.readBack(writer, flush);
  }

  private expectReachable(): void {
    if (this.isAway) throw new StoreError('unavailable', 'no connection');
  }
}

const FAILED: Reply = { outcome: 'failed', reason: 'busy' };

let store: HeldStore;
const running: TestEngine[] = [];

beforeEach(() => {
  store = new HeldStore();
});

afterEach(async () => {
  for (const { engine } of running.splice(0)) await engine.stop();
});

async function start(
  definition: Definition = tripSaga(),
  settings: Partial<EngineSettings> = {},
): Promise<TestEngine> {
  const test = await startEngine(store, [definition], { answer: () => SUCCEEDED, ...settings });
  running.push(test);
  return test;
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  await waitFor(isSo, { timeoutMs: 5_000, what });
}

function idsIn({ starts, updates }: Flush): string[] {
  return [...starts.map(({ started }) => started.id), ...updates.map(({ id }) => id)];
}

function bookFlight(transaction: TransactionId, reply: Reply) {
  return { transaction, step: 'book-flight', direction: 'action', attempt: 1, reply } as const;
}

test('E1: a machine that throws costs its own transaction only, which is parked', async () => {
  const healthy = tripSaga();
  const broken: SagaDefinition = { ...healthy, steps: healthy.steps.map(withoutFactor) };
  const answer = ({ body, attempt }: { body: string; attempt: number }) =>
    body.includes('bad') && attempt === 1 ? FAILED : SUCCEEDED;
  const { engine } = await start(broken, { answer });
  const trips = ['bad', 'good'].map((trip) => startOf('trip', { trip }));
  await Promise.all(trips.map((trip) => engine.begin(trip)));
  const ends = await Promise.all(trips.map(({ id }) => engine.waitForEnd(id, 5_000)));
  expect(ends.map((end) => end?.transaction.status)).toEqual(['parked', 'completed']);
  expect(ends[0]?.transaction.state.parked?.reason).toBe('invariant-broken');
});

function withoutFactor(step: StepDefinition): StepDefinition {
  const broken = (command: StepCommand): StepCommand => ({
    ...command,
    retry: {
      ...command.retry,
      get factor(): number {
        throw new Error('no factor');
      },
    },
  });
  return step.group ? step : { ...step, action: broken(step.action) };
}

test('E2: a row that somebody else moved is read again, and decided on what it is now', async () => {
  const { engine, transport } = await start(tripSaga(), { answer: () => 'silence' });
  const { id } = startOf('trip', {});
  await engine.begin(startOf('trip', { trip: 'a' }, { id }));
  const stored = store.database.transactions.get(id);
  if (!stored) throw new Error('it is not stored');
  stored.row = { ...stored.row, version: 7 };
  transport.answer = () => SUCCEEDED;
  transport.deliver(bookFlight(id, SUCCEEDED));
  expect((await engine.waitForEnd(id, 5_000))?.transaction.status).toBe('completed');
  const expected = store.flushes.flatMap(({ updates }) => updates.map((u) => u.expectedVersion));
  expect(expected).toEqual([1, 7, 8, 9]);
});

test('E3: while one flush is in flight what comes is queued, and the next takes it all', async () => {
  const { engine } = await start(tripSaga(), { answer: () => 'silence' });
  const letGo = store.hold();
  const first = engine.begin(startOf('trip', { trip: 'first' }));
  await until(() => store.underWay === 1, 'the first flush');
  const others = Array.from({ length: 50 }, () => engine.begin(startOf('trip', { trip: 'a' })));
  letGo();
  await Promise.all([first, ...others]);
  expect(store.flushes.map(({ starts }) => starts.length)).toEqual([1, 50]);
  expect(store.mostUnderWay).toBe(1);
});

test('E4: a transaction occurs once in a flush, whatever happened to it in the meantime', async () => {
  const { engine, transport } = await start(tripSaga(), { answer: () => 'silence' });
  const [one, other] = [startOf('trip', { trip: 'a' }), startOf('trip', { trip: 'b' })];
  await engine.begin(one);
  const letGo = store.hold();
  const begun = engine.begin(other);
  await until(() => store.underWay === 1, 'a flush');
  for (const reply of [FAILED, SUCCEEDED, SUCCEEDED]) transport.deliver(bookFlight(one.id, reply));
  letGo();
  await begun;
  await until(() => store.flushes.length === 3, 'the next flush');
  for (const flush of store.flushes) expect(new Set(idsIn(flush)).size).toBe(idsIn(flush).length);
  expect(store.flushes[2]?.updates).toHaveLength(1);
  expect(store.flushes[2]?.updates[0]?.history).toHaveLength(2);
});

test('E9: no command leaves before the transition that wants it is durable', async () => {
  const { engine, transport } = await start();
  const sentBy: number[] = [];
  transport.answer = () => {
    sentBy.push(store.underWay);
    return SUCCEEDED;
  };
  const letGo = store.hold();
  const begun = engine.begin(startOf('trip', { trip: 'a' }));
  await until(() => store.underWay === 1, 'the flush');
  expect(transport.sent).toEqual([]);
  letGo();
  const { snapshot } = await begun;
  await engine.waitForEnd(snapshot.transaction.id, 5_000);
  expect(sentBy).toEqual([0, 0, 0]);
});

test('E3: when many wait, the next group follows while one is committed, and no third', async () => {
  const letGo = store.hold();
  const { engine } = await start(tripSaga(), { answer: () => 'silence' });
  const begin = (count: number) =>
    Array.from({ length: count }, (_, number) =>
      engine.begin(startOf('trip', { trip: `${number}` })),
    );
  const first = begin(1);
  await until(() => store.underWay === 1, 'the first flush to be under way');
  const second = begin(40);
  await until(() => store.underWay === 2, 'a second flush to follow');
  const third = begin(40);
  await new Promise((resolve) => setImmediate(resolve));
  letGo();
  await Promise.all([...first, ...second, ...third]);
  expect(store.mostUnderWay).toBe(2);
  expect(store.flushes.map(({ flush }) => flush)).toEqual([1, 2, 3]);
});

test('E5: who waits behind a flush that is lost is told so at once, and nothing of it is kept', async () => {
  const { engine, transport } = await start(tripSaga(), { answer: () => 'silence' });
  const running = startOf('trip', { trip: 'before' });
  await engine.begin(running);
  const letGo = store.hold();
  const starts = Array.from({ length: 5 }, () => startOf('trip', { trip: 'a' }));
  const [lost, ...waiting] = starts.map((one) =>
    engine.begin(one).catch((error: unknown) => error),
  );
  await until(() => store.underWay === 1 && store.flushes.at(-1)?.starts.length === 5, 'a flush');
  const behind = startOf('trip', { trip: 'behind' });
  const told = engine.begin(behind).catch((error: unknown) => error);
  transport.deliver(bookFlight(running.id, SUCCEEDED));
  store.isAway = true;
  letGo();
  const unavailable = { code: 'STORE_UNAVAILABLE' };
  expect(await Promise.all([lost, ...waiting, told])).toMatchObject(Array(6).fill(unavailable));
  expect(engine.health().isReady).toBe(false);
  store.isAway = false;
  await until(() => engine.health().isReady, 'the store to be back');
  // The reply is decided all the same, and the start may be tried again.
  await until(() => transport.sent.some(({ step }) => step === 'pay'), 'the next command');
  expect((await engine.begin(behind)).isNew).toBe(true);
});
