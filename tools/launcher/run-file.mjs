import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../files.mjs';
import { bornAt, isAlive, stopProcess } from '../processes.mjs';
import { UsageError } from './options.mjs';

/**
 * One process of a run. `born` tells it from a later process with the same pid.
 *
 * @typedef {{ pid: number, born: string | undefined, port?: number }} RunProcess
 */

/**
 * What `<data-dir>/run.json` holds. It carries passwords of databases, so only its owner may read it.
 *
 * @typedef {object} Run
 * @property {RunProcess} launcher
 * @property {boolean} ready Every URL works.
 * @property {Record<string, RunProcess>} processes postgres, kafka, the services, coordinator:
 *   those that run.
 * @property {Record<string, string>} urls Of the coordinator and the services.
 * @property {Record<string, string>} databases Connection URLs by owner: coordinator, order, …
 * @property {string} participants As in SKALD_PARTICIPANTS.
 * @property {string | null} brokers As in KAFKA_BROKERS.
 */

/** @param {number} pid */
function processOf(pid) {
  return { pid, born: bornAt(pid) };
}

/**
 * @param {RunProcess} one
 * @returns {boolean}
 */
export function isRunning({ pid, born }) {
  return isAlive(pid) && bornAt(pid) === born;
}

/**
 * The run file of a data folder, or undefined when nothing runs or ran there.
 *
 * @param {string} dataDir
 * @param {string} [name]
 * @returns {Run | undefined}
 */
export function readRun(dataDir, name = 'run.json') {
  try {
    return JSON.parse(readFileSync(join(dataDir, name), 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Takes a data folder for this process: refuses when another launcher runs on it, and stops the
 * processes that a dead one left behind.
 *
 * @param {string} dataDir
 * @param {string} [name]
 */
export async function claim(dataDir, name = 'run.json') {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const before = readRun(dataDir, name);
  if (before && isRunning(before.launcher)) {
    const { pid } = before.launcher;
    throw new UsageError(`Process ${pid} already runs on ${dataDir}: choose another --data-dir`);
  }
  const left = Object.entries(before?.processes ?? {}).filter(([, one]) => isRunning(one));
  await Promise.all(
    left.map(([kind, { pid }]) => {
      // PostgreSQL would wait for its clients to leave at SIGTERM.
      const signal = kind === 'postgres' ? 'SIGINT' : 'SIGTERM';
      return stopProcess(pid, [{ signal, waitMs: 10_000 }]);
    }),
  );
  return createRunFile(dataDir, name);
}

/** @typedef {ReturnType<typeof createRunFile>} RunFile */

/**
 * @param {string} dataDir
 * @param {string} name
 */
function createRunFile(dataDir, name) {
  /** @type {Run} */
  const run = {
    launcher: processOf(process.pid),
    ready: false,
    processes: {},
    urls: {},
    databases: {},
    participants: '',
    brokers: null,
  };
  const path = join(dataDir, name);
  const save = () => writeAtomically(path, `${JSON.stringify(run, null, 2)}\n`, 0o600);
  save();
  return {
    run,
    /** @param {Partial<Run>} changes */
    update(changes) {
      Object.assign(run, changes);
      save();
    },
    /**
     * @param {string} name
     * @param {number | null} pid Null when the process is not on this machine: nothing to list.
     * @param {number} [port]
     */
    setProcess(name, pid, port) {
      if (pid === null) return;
      run.processes[name] = { ...processOf(pid), ...(port === undefined ? {} : { port }) };
      save();
    },
    remove: () => rmSync(path, { force: true }),
  };
}
