// A participant alone, asked by the load itself.
//   by: guarded = the SDK with its barrier; bare = the same envelope and handler without the barrier;
//     plain = without the envelope, too: bookings as JSON to a Nest controller
//   size: commands per request
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { withClient } from '../../tools/postgres/index.mjs';
import { uuid7 } from './skald-parts.mjs';

const ENVELOPE = 'application/cloudevents-batch+json';

/**
 * @param {number} order
 * @param {string} operation
 */
function command(order, operation) {
  const transaction = uuid7();
  const at = new Date().toISOString();
  return {
    ...{ specversion: '1.0', id: `${transaction}/first/action`, source: '/skald/coordinator' },
    ...{ type: 'skald.command.v1', subject: operation, time: at },
    ...{ datacontenttype: 'application/json', skaldtransaction: transaction, skaldstep: 'first' },
    traceparent: `00-${randomUUID().replaceAll('-', '')}-0123456789abcdef-01`,
    ...{ skalddirection: 'action', skaldattempt: 1, skaldstarted: at, skaldrefusable: true },
    skalddeadline: new Date(Date.now() + 600_000).toISOString(),
    data: { order, amount: 4200, fail: false },
  };
}

/**
 * @param {string} module
 * @param {string} databaseUrl
 */
async function startService(module, databaseUrl) {
  const path = fileURLToPath(new URL(module, import.meta.url));
  const words = ['first', databaseUrl];
  const child = fork(path, words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { port } = await /** @type {Promise<{ port: number }>} */ (
    new Promise((resolve) => child.once('message', resolve))
  );
  return {
    ...{ pid: child.pid ?? 0, origin: `http://127.0.0.1:${port}` },
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.send({ type: 'stop' });
      await gone;
    },
  };
}

/**
 * @param {{ databaseUrl: string, by: 'guarded' | 'bare' | 'plain', size: number, operation?: string }} options
 */
export async function start({ databaseUrl, by, size, operation = 'book' }) {
  const module = by === 'guarded' ? './booking-service.mjs' : './bare-service.mjs';
  const isPlain = by === 'plain';
  const service = await startService(module, databaseUrl);
  const pool = new Pool(service.origin, { connections: 64, pipelining: 1 });
  const path = isPlain ? '/bookings' : '/skald/v1/commands';
  const type = isPlain ? 'application/json' : ENVELOPE;
  let next = 0;
  return {
    pids: { 'participant first': service.pid },
    async run() {
      const from = next;
      next += size;
      const all = Array.from({ length: size }, (_, n) =>
        isPlain ? { order: from + n, amount: 4200, fail: false } : command(from + n, operation),
      );
      const headers = { 'content-type': type };
      const sent = { path, method: /** @type {const} */ ('POST'), headers };
      const response = await pool.request({ ...sent, body: JSON.stringify(all) });
      const answers = /** @type {any[]} */ (await response.body.json());
      const isRight = (/** @type {any} */ { data, ok }) => ok ?? data.outcome === 'succeeded';
      return answers.length === size && answers.every(isRight);
    },
    /** Each was booked, once. */
    async check() {
      const query = 'select count(*)::int as n from booking';
      const { rows } = await withClient(databaseUrl, (client) => client.query(query));
      return rows[0].n === next ? undefined : `${rows[0].n} bookings instead of ${next}`;
    },
    async stop() {
      await pool.destroy();
      await service.stop();
    },
  };
}
