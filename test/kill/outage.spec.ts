import { randomUUID } from 'node:crypto';
import { waitFor } from '../../tools/wait.mjs';
import { call } from '../setup/client.js';
import { kafkaBrokers } from '../setup/kafka.js';
import { startSkald, type Skald } from '../setup/skald.js';
import { letCrowdOrder, onlyGood, statesOf, type Crowd, type Wish } from './crowd.js';
import { auditBooks } from './ledger.js';

const STEP_TIMEOUT_MS = 1_500;
const ATTEMPTS = 6;
const BACKOFF_CAP_MS = 50;
/** After so long, every attempt that the policy allows would have failed. */
const ALL_ATTEMPTS_MS = ATTEMPTS * (STEP_TIMEOUT_MS + BACKOFF_CAP_MS);
const SAGAS = 30;
const RECOVERY_MS = 15_000;
const TEST_MS = 90_000;

/** All deadlines are ten minutes away: an outage that ends before is no reason to give up. */
describe.each(['http', 'kafka'])('an outage over %s', (transport) => {
  const wishes: Wish[] = [];
  let skald: Skald;

  beforeAll(async () => {
    const kafka = transport === 'kafka';
    const brokers = kafka ? (await kafkaBrokers()).join(',') : '';
    skald = await startSkald({
      kafka,
      env: {
        KAFKA_BROKERS: brokers,
        SKALD_TOPIC_PREFIX: `outage-${randomUUID()}`,
        SKALD_LEASE_MS: '2000',
        SKALD_STEP_TIMEOUT_MS: String(STEP_TIMEOUT_MS),
        SKALD_RETRY_ATTEMPTS_BEFORE_PIVOT: String(ATTEMPTS),
        SKALD_RETRY_ATTEMPTS_FROM_PIVOT: String(ATTEMPTS),
        SKALD_RETRY_INITIAL_MS: '20',
        SKALD_RETRY_CAP_MS: String(BACKOFF_CAP_MS),
      },
    });
    await order().done;
    await expectAllCompleted();
  }, 600_000);

  afterAll(() => skald.stop());

  const ours = () => skald.url('coordinator');

  function order(count = SAGAS): Crowd {
    const crowd = letCrowdOrder(count, ours, onlyGood);
    wishes.push(...crowd.wishes);
    return crowd;
  }

  /** The statuses of the crowd's transactions, each once. */
  async function statusesOf({ wishes: own }: Crowd): Promise<string[]> {
    const states = await statesOf(ours());
    return [...new Set(own.map(({ id }) => states.get(id)?.status ?? 'unknown'))];
  }

  async function untilAllWaitFor(step: string, crowd: Crowd): Promise<void> {
    const isThere = async () => {
      const url = `${ours()}/v1/transactions?counts=true&limit=1&status=running&step=${step}`;
      const { body } = await call<{ counts: { running?: number } }>(url);
      return body.counts.running === crowd.wishes.length;
    };
    await waitFor(isThere, { timeoutMs: 20_000, what: `all sagas to wait for ${step}` });
  }

  async function untilPassed(ms: number): Promise<void> {
    const since = performance.now();
    const isOver = () => performance.now() - since > ms;
    await waitFor(isOver, { timeoutMs: 2 * ms, what: 'the outage to have lasted long enough' });
  }

  async function expectAllCompleted(): Promise<void> {
    const isOver = async () => {
      const states = [...(await statesOf(ours())).values()];
      return !states.some(({ status }) => ['running', 'compensating'].includes(status));
    };
    await waitFor(isOver, { timeoutMs: RECOVERY_MS, what: 'all sagas to end', everyMs: 100 });
    const states = await statesOf(ours());
    expect(new Set([...states.values()].map(({ status }) => status))).toEqual(
      new Set(['completed']),
    );
    expect(await auditBooks(skald.run().databases, wishes, states)).toEqual([]);
  }

  test(
    'a coordinator that was down for twice the longest step timeout compensates nothing for that',
    async () => {
      skald.signal('inventory', 'SIGSTOP');
      const crowd = order();
      await crowd.done;
      await untilAllWaitFor('reserve-stock', crowd);
      const letBack = await skald.hold('coordinator');
      skald.signal('inventory', 'SIGCONT');
      await untilPassed(2 * STEP_TIMEOUT_MS);
      await letBack();
      await expectAllCompleted();
    },
    TEST_MS,
  );

  test(
    'a participant that is down for longer than all attempts take is waited for',
    async () => {
      const letBack = await skald.hold('inventory');
      const crowd = order();
      await crowd.done;
      await untilAllWaitFor('reserve-stock', crowd);
      await untilPassed(ALL_ATTEMPTS_MS);
      expect(await statusesOf(crowd)).toEqual(['running']);
      await letBack();
      await expectAllCompleted();
    },
    TEST_MS,
  );

  test(
    'a lone saga waits for a silent pivot for longer than all attempts take',
    async () => {
      skald.signal('payment', 'SIGSTOP');
      const crowd = order(1);
      await crowd.done;
      await untilAllWaitFor('charge-card', crowd);
      await untilPassed(1.5 * ALL_ATTEMPTS_MS);
      expect(await statusesOf(crowd)).toEqual(['running']);
      skald.signal('payment', 'SIGCONT');
      await expectAllCompleted();
    },
    TEST_MS,
  );
});
