import { supervise } from './supervisor.mjs';

/** The order in which the groups stop; within a group all stop at once. */
const STOP_ORDER = /** @type {const} */ (['services', 'coordinators', 'brokers', 'servers']);

/** @typedef {typeof STOP_ORDER[number]} Group */

/**
 * @typedef {object} Fleet
 * @property {(group: Group, name: string,
 *   start: import('./supervisor.mjs').SupervisorOptions['start']) => Promise<void>} keep Starts a
 *   process and keeps it running until `stop`.
 * @property {() => Promise<void>} stop
 */

/**
 * The supervised processes of one launcher.
 *
 * @param {object} options
 * @param {(line: string) => void} options.report
 * @param {AbortSignal | undefined} options.signal Aborted = nothing more is started.
 * @param {(name: string, running: import('./child.mjs').Running) => void} options.onStart
 * @returns {Fleet}
 */
export function createFleet({ report, signal, onStart }) {
  /** @type {Record<Group, { stop: () => Promise<void> }[]>} */
  const groups = { services: [], coordinators: [], brokers: [], servers: [] };
  return {
    async keep(group, name, start) {
      signal?.throwIfAborted();
      const supervised = await supervise({
        name,
        start: (stopping) => start(signal ? AbortSignal.any([signal, stopping]) : stopping),
        onStart: (running) => onStart(name, running),
        report,
      });
      groups[group].push(supervised);
      signal?.throwIfAborted();
    },
    async stop() {
      for (const name of STOP_ORDER) await Promise.all(groups[name].map((one) => one.stop()));
    },
  };
}

/**
 * Waits until all have come to an end, good or bad, and only then throws the first error: whoever
 * cleans up afterwards finds nothing half started.
 *
 * @template {readonly unknown[]} T
 * @param {T} promises
 * @returns {Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>}
 */
export async function allSettledOrThrow(promises) {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  const values = results.map((result) => (result.status === 'fulfilled' ? result.value : null));
  return /** @type {any} */ (values);
}
