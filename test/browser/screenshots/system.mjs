import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemo } from '../../../tools/launcher/demo-process.mjs';
import { launch } from '../../../tools/launcher/launch.mjs';
import { waitFor } from '../../../tools/wait.mjs';

/** Few attempts, soon after each other: what fails is parked within seconds. */
const IMPATIENT = {
  SKALD_RETRY_ATTEMPTS_FROM_PIVOT: '4',
  SKALD_RETRY_INITIAL_MS: '100',
  SKALD_RETRY_CAP_MS: '1000',
};

/** @typedef {Awaited<ReturnType<typeof startSystem>>} System */

/** Everything that npm start runs, with the stream of its demo. */
export async function startSystem() {
  const dataDir = mkdtempSync(join(tmpdir(), 'skald-screenshots-'));
  const env = { ...process.env, ...IMPATIENT };
  const launched = await launch({ port: 0, dataDir, env });
  const { run } = launched;
  const demo = startDemo(run);
  const origin = run.urls['coordinator'] ?? '';
  const find = (/** @type {string} */ id) => json(`${origin}/v1/transactions/${id}`);
  return {
    origin,
    orders: run.databases['order'] ?? '',
    find,
    stopDemo: () => demo.stop(),
    /** @param {{ definition: string, input: object, labels: Record<string, string> }} body */
    start: async (body) => {
      const id = randomUUID();
      await json(`${origin}/v1/transactions/${id}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return id;
    },
    /**
     * @param {string} id
     * @param {(view: any) => boolean | Promise<boolean>} holds
     * @param {string} what
     */
    until: (id, holds, what) =>
      waitFor(async () => await holds(await find(id)), { timeoutMs: 60_000, what }),
    inDoubt: async () => (await json(`${origin}/v1/in-doubt`)).items,
    /** @param {string} name @param {'SIGSTOP' | 'SIGCONT'} signal */
    signal: (name, signal) => process.kill(run.processes[name]?.pid ?? 0, signal),
    stop: async () => {
      await demo.stop();
      await launched.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * @param {string} url
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 */
async function json(url, init) {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json();
}
