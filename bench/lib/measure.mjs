// CPU by process from /proc, what PostgreSQL wrote and synced, quantiles of latencies.
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';

const TICKS_PER_SECOND = 100;

/** @param {number} pid */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const at = (/** @type {number} */ index) => fields[index] ?? 0;
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return { parent: at(1), own: at(11) + at(12), reaped: at(13) + at(14) };
  } catch {
    return undefined; // It ended meanwhile.
  }
}

/**
 * Seconds of CPU that this process alone has used. NaN without /proc.
 *
 * @param {number} pid
 */
export function cpuSeconds(pid) {
  return os.platform() === 'linux' ? (statOf(pid)?.own ?? 0) / TICKS_PER_SECOND : Number.NaN;
}

/**
 * Seconds of CPU that a process, its children and those it reaped have used. NaN without /proc.
 *
 * @param {number} root
 */
export function treeCpuSeconds(root) {
  if (os.platform() !== 'linux') return Number.NaN;
  /** @type {Map<number, { parent: number, own: number, reaped: number }>} */
  const stats = new Map();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) && statOf(Number(name));
    if (stat) stats.set(Number(name), stat);
  }
  let ticks = 0;
  for (const [pid, { own, reaped }] of stats) if (isBelow(stats, pid, root)) ticks += own + reaped;
  return ticks / TICKS_PER_SECOND;
}

/**
 * @param {Map<number, { parent: number }>} stats
 * @param {number} pid
 * @param {number} root
 */
function isBelow(stats, pid, root) {
  for (let at = pid; at > 1; at = stats.get(at)?.parent ?? 0) if (at === root) return true;
  return false;
}

/** Seconds of CPU that the whole machine was busy. NaN without /proc. */
export function machineCpuSeconds() {
  if (os.platform() !== 'linux') return Number.NaN;
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

/**
 * Resident memory of a process, MB.
 *
 * @param {number} pid
 */
export function residentMb(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/**
 * Bytes of WAL written so far, and database transactions that wrote: exact at once, where the counters
 * of pg_stat_wal and pg_stat_database lag behind by seconds.
 *
 * @param {import('pg').Client} client
 * @returns {Promise<{ bytes: number, writes: number }>}
 */
export async function walOf(client) {
  const { rows } = await client.query(
    `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as bytes,
            txid_snapshot_xmax(txid_current_snapshot())::float8 as writes`,
  );
  return rows[0];
}

/**
 * Synced writes of WAL (PostgreSQL 18) and commits of all databases. Backends report when they end, or a
 * while after they last worked: only differences over the whole life of a contender count.
 *
 * @param {import('pg').Client} client
 * @returns {Promise<{ syncs: number, commits: number }>}
 */
export async function syncsOf(client) {
  const { rows } = await client.query(
    `select (select coalesce(sum(fsyncs), 0) from pg_stat_io where object = 'wal')::float8 as syncs,
            (select sum(xact_commit) from pg_stat_database)::float8 as commits`,
  );
  return rows[0];
}

/**
 * @param {ArrayLike<number>} sorted
 * @param {number} q
 */
export function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

/** @param {number[]} values */
export function median(values) {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/**
 * @param {number} value
 * @param {number} [digits]
 */
export function rounded(value, digits = 3) {
  return Number(value.toFixed(digits));
}
