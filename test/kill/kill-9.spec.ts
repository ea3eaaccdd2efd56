import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '../../tools/wait.mjs';
import { call } from '../setup/client.js';
import { kafkaBrokers } from '../setup/kafka.js';
import { startSkald, type Skald } from '../setup/skald.js';
import { letCrowdOrder, statesOf, underWay, type Crowd, type Wish } from './crowd.js';
import { auditBooks } from './ledger.js';

/** Some of them want too much and end before the kill; 500 are under way then. */
const STANDING = 530;
const COMING = 50;
const RECOVERY_MS = 15_000;
const TEST_MS = 120_000;
const LOOK_AGAIN_MS = 50;

describe.each(['http', 'kafka'])('kill -9 in the midst of 500 sagas over %s', (transport) => {
  const wishes: Wish[] = [];
  let skald: Skald;

  beforeAll(async () => {
    const kafka = transport === 'kafka';
    const brokers = kafka ? (await kafkaBrokers()).join(',') : '';
    const SKALD_TOPIC_PREFIX = `kill-${randomUUID()}`;
    const env = { KAFKA_BROKERS: brokers, SKALD_TOPIC_PREFIX, SKALD_LEASE_MS: '2000' };
    skald = await startSkald({ kafka, env });
    const early = order(100);
    await early.done;
    await waitFor(isQuiet, { timeoutMs: 60_000, what: 'the first customers to be served' });
  }, 600_000);

  afterAll(() => skald.stop());

  const ours = () => skald.url('coordinator');
  const isQuiet = async () => (await underWay(ours())) === 0;

  function order(count: number, coordinator = ours): Crowd {
    const crowd = letCrowdOrder(count, coordinator);
    wishes.push(...crowd.wishes);
    return crowd;
  }

  /** 500 sagas wait for the payment service, which answers nothing for now. */
  async function fiveHundredAtTheTill(coordinator = ours): Promise<void> {
    skald.signal('payment', 'SIGSTOP');
    await order(STANDING, coordinator).done;
    await waitFor(async () => (await underWay(coordinator())) >= 500, {
      timeoutMs: 10_000,
      what: '500 sagas to be under way',
    });
  }

  /** The till answers again, and more customers come in: the moment at which everything moves. */
  async function rush(coordinator = ours): Promise<Crowd> {
    const coming = order(COMING, coordinator);
    skald.signal('payment', 'SIGCONT');
    const isMoving = () => coming.accepted.size >= COMING / 5;
    await waitFor(isMoving, { timeoutMs: 20_000, what: 'the rush to begin' });
    return coming;
  }

  /** Every accepted saga ends within 15 s from now, and all books are right. */
  async function expectRecovery(coming?: Crowd): Promise<void> {
    const since = performance.now();
    await coming?.done;
    const left = RECOVERY_MS - (performance.now() - since);
    await waitFor(isQuiet, { timeoutMs: left, what: 'every saga to end', everyMs: 250 });
    expect(await auditBooks(skald.run().databases, wishes, await statesOf(ours()))).toEqual([]);
  }

  test(
    'of the coordinator, which the launcher starts again',
    async () => {
      await fiveHundredAtTheTill();
      const coming = await rush();
      await skald.kill('coordinator');
      await expectRecovery(coming);
    },
    TEST_MS,
  );

  test(
    'of a coordinator that does not come back: another one takes over',
    async () => {
      const doomed = await skald.addCoordinator();
      let origin = doomed.run.urls['coordinator'] ?? '';
      await fiveHundredAtTheTill(() => origin);
      const coming = await rush(() => origin);
      process.kill(doomed.run.processes['coordinator']?.pid ?? Number.NaN, 'SIGKILL');
      origin = ours();
      await Promise.all([doomed.stop(), expectRecovery(coming)]);
    },
    TEST_MS,
  );

  test(
    'of each participant',
    async () => {
      await fiveHundredAtTheTill();
      await skald.kill('payment');
      const coming = order(COMING);
      await Promise.all([skald.kill('inventory'), skald.kill('order')]);
      await expectRecovery(coming);
    },
    TEST_MS,
  );

  test(
    "of PostgreSQL's postmaster: nobody is answered 500, and no process goes down with it",
    async () => {
      await fiveHundredAtTheTill();
      const pids = ['coordinator', 'order', 'payment', 'inventory'].map(pidOf);
      const coming = await rush();
      const onlooker = new AbortController();
      const seen = watch(onlooker.signal);
      seen.catch(() => undefined); // Heard of below.
      try {
        await skald.kill('postgres');
        await expectRecovery(coming);
      } finally {
        onlooker.abort();
      }
      // First, since it says why a connection was lost.
      expect(['coordinator', 'order', 'payment', 'inventory'].map(pidOf)).toEqual(pids);
      expect([...(await seen)].sort()).toEqual(['200', '503']);
      expect([...coming.statuses.keys()]).not.toContain(0);
    },
    TEST_MS,
  );

  function pidOf(name: string): number | undefined {
    return skald.run().processes[name]?.pid;
  }

  /** Every status that readers of the four APIs are given until they are told to stop, a wrong one with its place. */
  async function watch(signal: AbortSignal): Promise<Set<string>> {
    const urls = [
      `${ours()}/v1/transactions?limit=1`,
      `${skald.url('order')}/orders`,
      `${skald.url('payment')}/accounts/c-1`,
      `${skald.url('inventory')}/stock/WIDGET`,
    ];
    const seen = new Set<string>();
    // Each at its own pace.
    const look = async (url: string) => {
      while (!signal.aborted) {
        const { status } = await call(url);
        seen.add(status === 200 || status === 503 ? String(status) : `${status} of ${url}`);
        await pause(LOOK_AGAIN_MS);
      }
    };
    await Promise.all(urls.map(look));
    return seen;
  }
});
