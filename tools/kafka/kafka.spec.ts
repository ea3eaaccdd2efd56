import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers } from './answers.mjs';
import { resolveBrokers, startBroker, stopLeftoverBroker } from './index.mjs';
import { isAlive } from '../processes.mjs';

describe('the Kafka broker', () => {
  let dir: string;
  let running: { stop: (options?: { mode?: 'immediate' }) => Promise<void> }[];

  async function start(port?: number) {
    const stopWith = process.pid;
    const broker = await startBroker({ dir, stopWith, ...(port === undefined ? {} : { port }) });
    running.push(broker);
    return { ...broker, pid: broker.pid ?? 0 };
  }

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'skald-kafka-'));
    running = [];
  });

  afterEach(async () => {
    for (const broker of running) await broker.stop({ mode: 'immediate' });
    rmSync(dir, { recursive: true, force: true });
  });

  it('comes back on its port with the same cluster, and replaces one that was left behind', async () => {
    const first = await start();
    expect(first.brokers).toEqual([`127.0.0.1:${String(first.port)}`]);
    const cluster = readFileSync(join(dir, 'data', 'meta.properties'), 'utf8');
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);

    const second = await start(first.port);
    expect(second.port).toBe(first.port);
    const third = await start(first.port); // The second one was not stopped.
    expect(isAlive(second.pid)).toBe(false);
    expect(await answers(third.port)).toBe(true);
    expect(readFileSync(join(dir, 'data', 'meta.properties'), 'utf8')).toBe(cluster);

    await third.stop({ mode: 'immediate' });
    expect(isAlive(third.pid)).toBe(false);
    await third.stop(); // Nothing to stop: must not hang.
  }, 90_000);

  it("leaves alone a stranger's process that has the pid of the file", async () => {
    writeFileSync(join(dir, 'broker.pid'), String(process.pid));
    await stopLeftoverBroker(dir);
    expect(isAlive(process.pid)).toBe(true);
  });

  it('is not started where KAFKA_BROKERS names a cluster', () => {
    expect(resolveBrokers({})).toBeNull();
    expect(resolveBrokers({ KAFKA_BROKERS: ' ' })).toBeNull();
    expect(resolveBrokers({ KAFKA_BROKERS: 'a:1, b:2' })).toEqual(['a:1', 'b:2']);
  });
});
