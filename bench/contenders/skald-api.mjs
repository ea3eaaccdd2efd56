// Skald behind its own HTTP API, in a process of its own: start with validation, idempotency and
// Prefer: wait, so that the answer is the final state.
import { Pool } from 'undici';
import { ask } from '../lib/process.mjs';
import { verdictOf } from './skald-parts.mjs';

const SERVER = new URL('./skald-server.mjs', import.meta.url);

/** @param {{ databaseUrl: string, origin: string, isMinimal?: boolean }} options */
export async function start({ isMinimal = false, ...options }) {
  const server = ask(SERVER);
  const { port } = await server.tell({ what: 'start', options });
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 2048, pipelining: 1 });
  const tag = Date.now().toString(36);
  return {
    pids: { coordinator: server.pid },
    async run(/** @type {number} */ order, /** @type {boolean} */ fail) {
      const response = await pool.request({
        path: '/v1/transactions',
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'idempotency-key': `${tag}-${order}`,
          prefer: isMinimal ? 'wait=60, return=minimal' : 'wait=60',
        },
        body: JSON.stringify({ definition: 'bench', input: { order, amount: 4200, fail } }),
      });
      const answer = /** @type {any} */ (await response.body.json());
      if (response.statusCode !== 201) throw new Error(JSON.stringify(answer));
      return verdictOf(answer.status);
    },
    async stop() {
      await pool.destroy();
      await server.stop();
    },
  };
}
