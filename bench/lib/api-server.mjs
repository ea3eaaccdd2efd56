// A coordinator with its API in a process of its own, and a client for it.
import { Pool } from 'undici';
import { ask } from './process.mjs';

const SERVER = new URL('../contenders/skald-server.mjs', import.meta.url);

/** @param {Record<string, unknown> & { databaseUrl: string, origin: string }} options */
export async function startApi(options) {
  const server = ask(SERVER);
  const { port } = await server.tell({ what: 'start', options });
  const pool = new Pool(`http://127.0.0.1:${port}`, {
    ...{ connections: 2048, pipelining: 1 },
    connect: { timeout: 60_000 },
  });
  return {
    pid: server.pid,
    origin: `http://127.0.0.1:${port}`,
    /**
     * @param {string} id
     * @param {{ order: number, fail?: boolean, waitSeconds?: number }} what
     */
    async begin(id, { order, fail = false, waitSeconds }) {
      const response = await pool.request({
        path: `/v1/transactions/${id}`,
        method: 'PUT',
        headers: {
          'content-type': 'application/json',
          ...(waitSeconds && { prefer: `wait=${waitSeconds}` }),
        },
        body: JSON.stringify({ definition: 'bench', input: { order, amount: 4200, fail } }),
      });
      const body = /** @type {any} */ (await response.body.json());
      const { 'retry-after': retryAfter } = response.headers;
      return { code: response.statusCode, status: body.status, retryAfter };
    },
    async kill() {
      server.child.kill('SIGKILL');
      await server.exited;
      await pool.destroy();
    },
    async stop() {
      await pool.destroy();
      await server.stop();
    },
  };
}
