// Starts N sagas at concurrency C against trivial participants: Skald with one POST per command, Skald
// with the batched envelope, and a hand-written loop with one database transaction per step. Rounds are
// interleaved on one server, so that noise hits all alike; the medians are compared.
//   npm run bench -- --n 4000 --c 200 --rounds 3 --fail 0.1 --out results.jsonl
import { fork } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createDatabase, startPostgres, withDatabase } from '../../tools/postgres/index.mjs';
import { median, quantile, treeCpuSeconds, walOf } from './measure.mjs';
import { startSkald } from './skald.mjs';
import { startStepLoop } from './step-loop.mjs';

const { values } = parseArgs({
  options: {
    n: { type: 'string', default: '4000' },
    c: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '3' },
    warm: { type: 'string', default: '2000' },
    fail: { type: 'string', default: '0.1' },
    only: { type: 'string' },
    out: { type: 'string' },
  },
});
const settings = {
  n: Number(values.n),
  concurrency: Number(values.c),
  rounds: Number(values.rounds),
  warm: Number(values.warm),
  fail: Number(values.fail),
};

/**
 * @typedef {{ run(order: number, fail: boolean): Promise<boolean>, stop(): Promise<void> }} Peer
 * @typedef {{ databaseUrl: string, participantOrigin: string }} Where
 */

/** @type {Record<string, (at: Where) => Promise<Peer>>} */
const PEERS = {
  'transaction-per-step': (at) => startStepLoop(at),
  'skald-http': (at) => startSkald({ ...at, mode: 'single' }),
  'skald-batch': (at) => startSkald({ ...at, mode: 'batch' }),
};

/**
 * @param {Peer} peer
 * @param {number} n
 */
async function drive(peer, n) {
  const latencies = new Float64Array(n);
  const every = settings.fail > 0 ? Math.round(1 / settings.fail) : 0;
  let started = 0;
  let ended = 0;
  let wrong = 0;
  const worker = async () => {
    while (started < n) {
      const order = started++;
      const at = performance.now();
      const isRight = await peer.run(order, every > 0 && order % every === 0);
      latencies[ended++] = performance.now() - at;
      if (!isRight) wrong++;
    }
  };
  const at = performance.now();
  await Promise.all(Array.from({ length: settings.concurrency }, worker));
  const seconds = (performance.now() - at) / 1000;
  return { seconds, wrong, latencies: latencies.sort() };
}

/** Three calls a saga; one that fails makes two more to undo. */
function expectedCalls() {
  const every = settings.fail > 0 ? Math.round(1 / settings.fail) : 0;
  const failing = every > 0 ? Math.ceil(settings.n / every) : 0;
  return 3 * settings.n + 2 * failing;
}

/**
 * @param {string} name
 * @param {Peer} peer
 * @param {{ client: pg.Client, pids: Record<string, number>, origin: string }} server
 */
async function measure(name, peer, { client, pids, origin }) {
  await (await fetch(`${origin}/reset`, { method: 'POST' })).text();
  const cpuBefore = Object.entries(pids).map(([who, pid]) => ({
    who,
    pid,
    before: treeCpuOf(pid),
  }));
  const walBefore = await walOf(client);
  const { seconds, wrong, latencies } = await drive(peer, settings.n);
  const walAfter = await walOf(client);
  const perSaga = (/** @type {number} */ amount) => amount / settings.n;
  const cpuMs = Object.fromEntries(
    cpuBefore.map(({ who, pid, before }) => [who, perSaga((treeCpuOf(pid) - before) * 1000)]),
  );
  /** @type {Record<string, number>} */
  const counters = /** @type {any} */ (await (await fetch(`${origin}/stats`)).json());
  const calls = Object.values(counters);
  return {
    peer: name,
    ...settings,
    sagasPerSecond: settings.n / seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    wrong,
    extraCalls: calls.reduce((sum, count) => sum + count, 0) - expectedCalls(),
    cpuMs,
    walBytes: perSaga(walAfter.bytes - walBefore.bytes),
    commits: perSaga(walAfter.writes - walBefore.writes),
  };
}

/** @param {number} pid */
function treeCpuOf(pid) {
  if (pid !== process.pid) return treeCpuSeconds(pid);
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** @typedef {Awaited<ReturnType<typeof measure>>} Row */

/** @param {Row[]} rows */
function report(rows) {
  const names = [...new Set(rows.map(({ peer }) => peer))];
  /**
   * @param {string} name
   * @param {(row: Row) => number} pick
   */
  const of = (name, pick) => median(rows.filter(({ peer }) => peer === name).map(pick));
  const base = of('transaction-per-step', (row) => row.sagasPerSecond);
  console.log(
    `\n${settings.n} sagas, ${settings.concurrency} under way, ${settings.fail * 100} % compensate; ` +
      `medians of ${settings.rounds} interleaved rounds`,
  );
  console.table(
    names.map((name) => ({
      peer: name,
      'sagas/s': Math.round(of(name, (row) => row.sagasPerSecond)),
      ratio: Number((of(name, (row) => row.sagasPerSecond) / base).toFixed(2)),
      'p50 ms': Number(of(name, (row) => row.p50Ms).toFixed(1)),
      'p99 ms': Number(of(name, (row) => row.p99Ms).toFixed(1)),
      'CPU ms: coordinator': Number(of(name, (row) => row.cpuMs['coordinator'] ?? 0).toFixed(3)),
      participant: Number(of(name, (row) => row.cpuMs['participant'] ?? 0).toFixed(3)),
      postgres: Number(of(name, (row) => row.cpuMs['postgres'] ?? 0).toFixed(3)),
      'WAL bytes': Math.round(of(name, (row) => row.walBytes)),
      commits: Number(of(name, (row) => row.commits).toFixed(2)),
      wrong: rows.filter(({ peer }) => peer === name).reduce((sum, row) => sum + row.wrong, 0),
      'extra calls': rows
        .filter(({ peer }) => peer === name)
        .reduce((sum, row) => sum + row.extraCalls, 0),
    })),
  );
}

async function main() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'skald-bench-'));
  const postgres = await startPostgres({ dataDir: path.join(folder, 'postgres') });
  const participant = fork(new URL('./participant.mjs', import.meta.url));
  const { port } = await /** @type {Promise<{ port: number }>} */ (
    new Promise((resolve) => participant.once('message', resolve))
  );
  const origin = `http://127.0.0.1:${port}`;
  const pids = {
    coordinator: process.pid,
    participant: participant.pid ?? 0,
    postgres: postgres.pid,
  };
  const names = Object.keys(PEERS).filter(
    (name) => !values.only || values.only.split(',').includes(name),
  );
  /** @type {Map<string, Peer>} */
  const peers = new Map();
  /** @type {Row[]} */
  const rows = [];
  try {
    const admin = postgres.url('postgres');
    for (const name of names) {
      const database = `bench_${name.replaceAll('-', '_')}`;
      await createDatabase(admin, database);
      const databaseUrl = withDatabase(admin, database);
      const peer = await PEERS[name]?.({ databaseUrl, participantOrigin: origin });
      if (!peer) throw new Error(`there is no peer ${name}`);
      peers.set(name, peer);
      await drive(peer, settings.warm);
    }
    const client = new pg.Client(admin);
    await client.connect();
    for (let round = 1; round <= settings.rounds; round++) {
      for (const [name, peer] of peers) {
        const row = await measure(name, peer, { client, pids, origin });
        rows.push(row);
        console.log(`round ${round} ${name}: ${Math.round(row.sagasPerSecond)} sagas/s`);
        if (values.out) appendFileSync(values.out, `${JSON.stringify({ round, ...row })}\n`);
      }
    }
    await client.end();
    report(rows);
  } finally {
    for (const peer of peers.values()) await peer.stop();
    participant.disconnect();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  if (rows.some(({ wrong }) => wrong > 0)) process.exitCode = 1;
}

await main();
