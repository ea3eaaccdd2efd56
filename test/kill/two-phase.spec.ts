import { randomUUID } from 'node:crypto';
import type { Launched } from '../../tools/launcher/launch.mjs';
import { waitFor } from '../../tools/wait.mjs';
import { kafkaBrokers } from '../setup/kafka.js';
import { startSkald, type Skald } from '../setup/skald.js';
import { chosenPoints, TRANSPORTS } from './crash-points.js';
import { cross } from './crossing.js';
import { underWay } from './crowd.js';
import { chosenSeed, drawing } from './drawing.js';
import { InDoubtWatch } from './in-doubt-watch.js';
import { Transfers } from './transfers.js';

const seed = chosenSeed();
const points = chosenPoints(seed);

const RECOVERY_MS = 30_000;
const NOTHING_PREPARED_MS = 60_000;
const IN_DOUBT_P99_MS = 10_000;
const TEST_MS = 150_000;

const chosen = TRANSPORTS.map((transport) => ({
  transport,
  crashes: points.filter((point) => point.transport === transport),
})).filter(({ crashes }) => crashes.length > 0);

describe.each(chosen)('two-phase commit over $transport, kill -9', ({ transport, crashes }) => {
  const draw = drawing(seed);
  let skald: Skald;
  /** Takes over what the killed one had. Over Kafka its partitions come back with itself. */
  let other: Launched | undefined;
  let transfers: Transfers;
  let watch: InDoubtWatch;

  beforeAll(async () => {
    const kafka = transport === 'kafka';
    const brokers = kafka ? (await kafkaBrokers()).join(',') : '';
    const SKALD_TOPIC_PREFIX = `two-phase-kill-${randomUUID()}`;
    const env = { KAFKA_BROKERS: brokers, SKALD_TOPIC_PREFIX, SKALD_LEASE_MS: '1000' };
    skald = await startSkald({ kafka, env, isDoomed: true });
    if (!kafka) other = await skald.addCoordinator();
    transfers = new Transfers(skald, draw);
    watch = await InDoubtWatch.over(skald.run().databases['coordinator'] ?? '');
  }, 600_000);

  afterAll(async () => {
    await watch.stop();
    await other?.stop();
    await skald.stop();
  });

  /** Everything ends, both warehouses agree about all of it, and nothing is left prepared. */
  async function expectAllOrNothing(): Promise<void> {
    const since = performance.now();
    const isQuiet = async () => (await underWay(skald.url('coordinator'))) === 0;
    const what = 'every transfer to end';
    await waitFor(isQuiet, { timeoutMs: RECOVERY_MS, what, everyMs: 200 });
    const timeoutMs = NOTHING_PREPARED_MS - (performance.now() - since);
    const isNothingPrepared = () => watch.prepared === 0;
    await waitFor(isNothingPrepared, { timeoutMs, what: 'nothing to be prepared' });
    expect(await transfers.faults()).toEqual([]);
  }

  /** Prepares that come twice, and aborts that come too early, until `over`. */
  async function crossUntil(over: AbortSignal): Promise<void> {
    const isOver = () => over.aborted;
    while (!over.aborted) {
      // Whom it asks may be dead; what counts is that everything agrees in the end.
      await cross(skald, transfers, { isCancelled: draw() < 0.5, isOver }).catch(() => undefined);
    }
  }

  test.each([true, false])(
    'a second prepare while the first runs, and of what is prepared; then an abort: %s',
    async (isCancelled) => {
      const { transfer, ...answers } = await cross(skald, transfers, { isCancelled });
      expect(answers).toMatchObject({
        whileRunning: { outcome: 'failed', reason: 'prepare-under-way' },
        whilePrepared: { outcome: 'succeeded', vote: 'commit' },
      });
      await expectAllOrNothing();
      const end = isCancelled ? 'aborted' : 'committed';
      expect(await transfers.endOf(transfer)).toBe(end);
    },
    TEST_MS,
  );

  test.each(crashes)(
    `of $process at $point, hit $hit, seed ${seed}: all or nothing, and an end`,
    async ({ process, point, hit }) => {
      const over = new AbortController();
      const doom = skald.doom(process, { point, hit }).finally(() => {
        over.abort();
      });
      await Promise.all([doom, transfers.startUntil(over.signal), crossUntil(over.signal)]);
      await expectAllOrNothing();
    },
    TEST_MS,
  );

  test('most commit, and nobody is in doubt for long', async () => {
    const { committed = 0, aborted = 0, ...others } = await transfers.ends();
    const { seen, p50, p99, max } = watch.describe();
    console.log(
      `${transport}, seed ${seed}: ${committed} transfers committed, ${aborted} aborted; ` +
        `in doubt: ${seen} seen, p50 ${p50} ms, p99 ${p99} ms, longest ${max} ms`,
    );
    expect(others).toEqual({});
    expect(committed).toBeGreaterThan(aborted);
    expect(seen).toBeGreaterThan(0);
    expect(p99).toBeLessThanOrEqual(IN_DOUBT_P99_MS);
  });
});
