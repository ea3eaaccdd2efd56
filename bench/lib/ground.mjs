// What all contenders of a question stand on: one throw-away PostgreSQL with the default durability, one
// trivial participant, and a broker where it is asked for.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startBroker } from '../../tools/kafka/index.mjs';
import { slowSyncLibrary } from './slow-sync.mjs';
import { createDatabase, dropDatabase, startPostgres } from '../../tools/postgres/index.mjs';

/**
 * @typedef {object} GroundOptions
 * @property {boolean} [kafka]
 * @property {number} [answerAfterMs] How long the participant takes. Default: it answers at once.
 * @property {number} [atOnce] How many the participant answers at the same time. Default: all.
 * @property {Record<string, string>} [settings] Of the server.
 * @property {number} [slowSyncUs] How much longer each fsync of the server takes.
 */

/** @param {GroundOptions} [options] */
export async function prepareGround({ kafka = false, settings = {}, slowSyncUs, ...rest } = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'skald-bench-'));
  const postgres = await startSlowed(slowSyncUs, {
    dataDir: path.join(folder, 'postgres'),
    stopWithParent: true,
    settings,
  });
  const participant = await startParticipant(rest);
  const broker = kafka
    ? await startBroker({ dir: path.join(folder, 'kafka'), stopWith: process.pid, heapMb: 512 })
    : undefined;
  const admin = postgres.url('postgres');
  const client = new pg.Client(admin);
  client.on('error', () => undefined);
  await client.connect();
  return {
    ...{ folder, postgres, client, participant, broker },
    version: async () =>
      String((await client.query('show server_version')).rows[0]?.server_version),
    database: (/** @type {string} */ name) => createDatabase(admin, name),
    drop: (/** @type {string} */ name) => dropDatabase(admin, name),
    async close() {
      await client.end().catch(() => undefined);
      participant.stop();
      await broker?.stop();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof prepareGround>>} Ground */

/**
 * The server inherits the library that slows its fsync.
 *
 * @param {number | undefined} us
 * @param {import('../../tools/postgres/postgres.mjs').PostgresOptions} options
 */
async function startSlowed(us, options) {
  if (us === undefined) return startPostgres(options);
  const before = process.env['LD_PRELOAD'];
  Object.assign(process.env, { LD_PRELOAD: slowSyncLibrary(), SLOWSYNC_US: String(us) });
  try {
    return await startPostgres(options);
  } finally {
    delete process.env['SLOWSYNC_US'];
    if (before === undefined) delete process.env['LD_PRELOAD'];
    else process.env['LD_PRELOAD'] = before;
  }
}

/** @param {{ answerAfterMs?: number, atOnce?: number }} options */
export async function startParticipant({ answerAfterMs = 0, atOnce = 0 }) {
  const module = fileURLToPath(new URL('./participant.mjs', import.meta.url));
  const child = fork(module, [String(answerAfterMs), String(atOnce)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const { port } = await /** @type {Promise<{ port: number }>} */ (
    new Promise((resolve) => child.once('message', resolve))
  );
  const origin = `http://127.0.0.1:${port}`;
  return {
    ...{ origin, pid: child.pid ?? 0 },
    /** Changes how fast it answers from now on. */
    pace: async (/** @type {number} */ ms) =>
      (await fetch(`${origin}/pace?${ms}`, { method: 'POST' })).text(),
    reset: async () => (await fetch(`${origin}/reset`, { method: 'POST' })).text(),
    /** How often each operation was carried out since the last reset. */
    counters: async () =>
      /** @type {Record<string, number>} */ (await (await fetch(`${origin}/stats`)).json()),
    stop: () => child.disconnect(),
  };
}
