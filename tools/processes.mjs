import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { waitFor } from './wait.mjs';

/**
 * True while a process with this id runs; a zombie, which only waits to be reaped, does not.
 *
 * @param {number} pid
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
  try {
    // The state is the first field after the command's closing bracket.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true; // No /proc here (macOS).
  }
}

/**
 * The command line of a running process, or '' when there is none: with it a pid from a file is
 * told from a stranger's process that was given the same number later.
 *
 * @param {number} pid
 */
export function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    if (process.platform === 'linux') return '';
  }
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

/**
 * Sends the signals one after the other, each time waiting for the process to go, and SIGKILL at
 * the end. Ends for certain; a process that is already gone is fine.
 *
 * @param {number} pid
 * @param {{ signal: NodeJS.Signals, waitMs: number }[]} steps
 */
export async function stopProcess(pid, steps) {
  for (const { signal, waitMs } of [...steps, { signal: 'SIGKILL', waitMs: 5_000 }]) {
    if (!isAlive(pid)) return;
    try {
      process.kill(pid, signal);
    } catch {
      return; // It went between the two lines.
    }
    const what = `process ${pid} to end`;
    const gone = await waitFor(() => !isAlive(pid), { timeoutMs: waitMs, what }).catch(() => false);
    if (gone) return;
  }
}

/**
 * When a process was born, as an opaque word: with its pid it names one process for good, while a
 * pid alone may be given to a stranger's process later. Undefined when there is no such process.
 *
 * @param {number} pid
 * @returns {string | undefined}
 */
export function bornAt(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]; // Field 22, starttime.
  } catch {
    if (process.platform === 'linux') return undefined;
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}
