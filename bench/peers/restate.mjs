// Restate: server (own durable store, fsync on by default) and service in processes of their own, load
// through its HTTP ingress. Four partitions: its best setting on two cores.
import { fork, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { freePorts } from '../../tools/ports.mjs';
import { waitFor } from '../../tools/wait.mjs';

const BINARY = fileURLToPath(
  new URL(
    `./node_modules/@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`,
    import.meta.url,
  ),
);

function startServer(folder, [ingress, admin, node]) {
  mkdirSync(join(folder, 'tmp'));
  const log = openSync(join(folder, 'restate.log'), 'a');
  return spawn(BINARY, [], {
    env: {
      ...process.env,
      TMPDIR: join(folder, 'tmp'),
      RESTATE_BASE_DIR: join(folder, 'data'),
      RESTATE_LOG_FILTER: 'warn',
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_DEFAULT_NUM_PARTITIONS: '4',
    },
    stdio: ['ignore', log, log],
  });
}

async function register(admin, service) {
  const origin = `http://127.0.0.1:${admin}`;
  const isUp = async () => (await fetch(`${origin}/health`).catch(() => undefined))?.ok;
  await waitFor(isUp, { timeoutMs: 30_000, what: 'Restate', everyMs: 200 });
  const registered = async () => {
    const response = await fetch(`${origin}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${service}`, force: true }),
    });
    return response.ok;
  };
  await waitFor(registered, { timeoutMs: 15_000, what: 'the registration', everyMs: 300 });
}

export async function start({ origin }) {
  const folder = mkdtempSync(join(tmpdir(), 'skald-bench-restate-'));
  const [ingress, admin, node, port] = await freePorts(4);
  const server = startServer(folder, [ingress, admin, node]);
  process.on('exit', () => server.kill('SIGKILL'));
  const module = fileURLToPath(new URL('./restate-service.mjs', import.meta.url));
  const service = fork(module, [origin, String(port)], { stdio: ['ignore', 'ignore', 2, 'ipc'] });
  await new Promise((resolve) => service.once('message', resolve));
  await register(admin, port);
  const pool = new Pool(`http://127.0.0.1:${ingress}`, { connections: 2048, pipelining: 1 });
  const tag = Date.now().toString(36);
  return {
    pids: { coordinator: server.pid, service: service.pid },
    async run(order, fail) {
      const response = await pool.request({
        path: '/PlaceOrder/place',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id: `o-${tag}-${order}`, amount: 4200, fail }),
      });
      const answer = await response.body.json();
      if (response.statusCode !== 200) throw new Error(JSON.stringify(answer));
      return answer.done;
    },
    async stop() {
      await pool.destroy();
      service.disconnect();
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
