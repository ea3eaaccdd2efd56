// DTM: the Go server in its own process on the same PostgreSQL, sagas over its HTTP API with wait_result.
//   sync: true = UpdateBranchSync: each result is committed before the next command leaves, as everywhere
//   else here. DTM's default lets the next command leave first, and writes results in batches.
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { Pool } from 'undici';
import { freePorts } from '../../tools/ports.mjs';
import { waitFor } from '../../tools/wait.mjs';
import { buildDtm } from './build-dtm.mjs';

async function makeTables(databaseUrl, schema) {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query(readFileSync(schema, 'utf8'));
  await client.end();
}

function configuration(databaseUrl, [port, grpc, rpc], sync) {
  const { hostname, port: pgPort, username, password, pathname } = new URL(databaseUrl);
  return `Store:
  Driver: 'postgres'
  Host: '${hostname}'
  User: '${username}'
  Password: '${password}'
  Port: ${pgPort}
  Db: '${pathname.slice(1)}'
  Schema: 'public'
  MaxOpenConns: 20
  MaxIdleConns: 20
UpdateBranchSync: ${sync ? 1 : 0}
LogLevel: 'fatal'
HttpPort: ${port}
GrpcPort: ${grpc}
JsonRpcPort: ${rpc}
`;
}

function submission(origin, gid, fail) {
  const payload = `{"sagaId":"${gid}","amount":4200}`;
  return JSON.stringify({
    gid,
    trans_type: 'saga',
    wait_result: true,
    payloads: [payload, payload, payload],
    steps: [
      { action: `${origin}/reserve`, compensate: `${origin}/release` },
      { action: `${origin}/charge`, compensate: `${origin}/refund` },
      { action: `${origin}/confirm${fail ? '?fail=1' : ''}`, compensate: '' },
    ],
  });
}

/** Not finished within the request: DTM's cron goes on with it. */
async function awaitEnd(base, gid) {
  for (;;) {
    await pause(200);
    const answer = await (await fetch(`${base}/api/dtmsvr/query?gid=${gid}`)).json();
    if (answer.transaction?.status === 'succeed') return true;
    if (answer.transaction?.status === 'failed') return false;
  }
}

export async function start({ databaseUrl, origin, sync }) {
  const { binary, schema } = buildDtm();
  await makeTables(databaseUrl, schema);
  const folder = mkdtempSync(join(tmpdir(), 'skald-bench-dtm-'));
  const ports = await freePorts(3);
  const file = join(folder, 'dtm.yml');
  writeFileSync(file, configuration(databaseUrl, ports, sync));
  const log = openSync(join(folder, 'dtm.log'), 'a');
  const env = { ...process.env, DTM_IDLE: '256' };
  const server = spawn(binary, ['-c', file], { env, stdio: ['ignore', log, log] });
  process.on('exit', () => server.kill('SIGKILL'));
  const base = `http://127.0.0.1:${ports[0]}`;
  const isUp = async () => (await fetch(`${base}/api/ping`).catch(() => undefined))?.ok;
  await waitFor(isUp, { timeoutMs: 15_000, what: 'DTM', everyMs: 100 });
  const pool = new Pool(base, { connections: 2048, pipelining: 1 });
  const tag = Date.now().toString(36);
  let late = 0;
  return {
    pids: { coordinator: server.pid },
    async run(order, fail) {
      const gid = `o-${tag}-${order}`;
      const response = await pool.request({
        path: '/api/dtmsvr/submit',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: submission(origin, gid, fail),
      });
      await response.body.text();
      if (response.statusCode === 200) return true;
      if (response.statusCode === 409) return false;
      late++;
      return awaitEnd(base, gid);
    },
    extra() {
      const said = { finishedAfterTheRequest: late };
      late = 0;
      return said;
    },
    async stop() {
      await pool.destroy();
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      const killer = setTimeout(() => server.kill('SIGKILL'), 3_000);
      await gone;
      clearTimeout(killer);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
