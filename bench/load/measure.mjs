// CPU by process tree from /proc, WAL by position, quantiles of latencies.
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
    return { parent: at(1), ticks: at(11) + at(12) + at(13) + at(14) };
  } catch {
    return undefined; // It ended meanwhile.
  }
}

/**
 * Seconds of CPU that a process, its children and those it reaped have used. NaN without /proc.
 *
 * @param {number} root
 */
export function treeCpuSeconds(root) {
  if (os.platform() !== 'linux') return Number.NaN;
  /** @type {Map<number, { parent: number, ticks: number }>} */
  const stats = new Map();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) && statOf(Number(name));
    if (stat) stats.set(Number(name), stat);
  }
  let ticks = 0;
  for (const [pid, stat] of stats) if (isBelow(stats, pid, root)) ticks += stat.ticks;
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

/**
 * Bytes of WAL written so far, and database transactions that wrote.
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
