// The floor in a process of its own behind HTTP: POST /saga answers when the saga has ended.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';

export async function start(options) {
  const child = fork(fileURLToPath(new URL('./floor-server.mjs', import.meta.url)), {
    env: { ...process.env, FLOOR_OPTIONS: JSON.stringify(options) },
  });
  const { port } = await new Promise((resolve) => child.once('message', resolve));
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 2048, pipelining: 1 });
  return {
    pids: { coordinator: child.pid },
    async run(_order, fail) {
      const response = await pool.request({
        path: fail ? '/saga?fail=1' : '/saga',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"amount":4200}',
      });
      return (await response.body.json()).done;
    },
    async stop() {
      await pool.destroy();
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      await gone;
    },
  };
}
