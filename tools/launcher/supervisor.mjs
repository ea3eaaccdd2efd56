import { setTimeout as pause } from 'node:timers/promises';

/** Short enough that a process that died is there again, or tried again, within a second. */
const PAUSE_BETWEEN_TRIES_MS = 500;

/**
 * @typedef {import('./child.mjs').Running} Running
 */

/**
 * @typedef {object} SupervisorOptions
 * @property {string} name
 * @property {(signal: AbortSignal) => Promise<Running>} start Resolves when the process serves.
 * @property {(running: Running) => void} onStart Called at the first start and at each restart.
 * @property {(line: string) => void} report
 */

/**
 * Starts a process and keeps it running: one that ends without having been told is started again
 * at once, and again until it serves. The first start is different: its failure is thrown.
 *
 * @param {SupervisorOptions} options
 * @returns {Promise<{ stop: () => Promise<void> }>}
 */
export async function supervise({ name, start, onStart, report }) {
  const stopping = new AbortController();
  let current = await start(stopping.signal);
  onStart(current);

  async function startAgain() {
    for (let tries = 1; !stopping.signal.aborted; tries += 1) {
      try {
        current = await start(stopping.signal);
        onStart(current);
        return;
      } catch (error) {
        if (tries === 1 && !stopping.signal.aborted) {
          report(`${name} does not start, trying on: ${messageOf(error)}`);
        }
        await pause(PAUSE_BETWEEN_TRIES_MS, undefined, { signal: stopping.signal }).catch(
          () => null,
        );
      }
    }
  }

  async function watch() {
    while (!stopping.signal.aborted) {
      await current.exited;
      if (stopping.signal.aborted) return;
      report(`${name} ended, starting it again`);
      await startAgain();
    }
  }

  const watching = watch();
  return {
    stop: async () => {
      stopping.abort();
      await current.stop();
      await watching;
      await current.stop(); // A start that was under way may have come through in the meantime.
    },
  };
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
