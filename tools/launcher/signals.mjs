import { UsageError } from './options.mjs';

/**
 * Runs a command that serves until it is told to stop: `start` may be given up by its signal,
 * `stop` is awaited at SIGINT, SIGTERM and SIGHUP, then the process ends with exit code 0. Wrong
 * usage = one line and exit code 2, any other failure = its message and exit code 1.
 *
 * @param {(signal: AbortSignal) => Promise<{ stop: () => Promise<void> } | undefined>} start
 */
export async function serveUntilSignal(start) {
  const asked = new AbortController();
  let timesAsked = 0;
  /** @type {Promise<void>} */
  const told = new Promise((resolve) => {
    const onSignal = () => {
      timesAsked += 1;
      if (timesAsked === 1) console.log('\nStopping …');
      asked.abort();
      resolve();
    };
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, onSignal);
  });
  try {
    const running = await start(asked.signal);
    if (running) {
      await told;
      await running.stop();
    }
    process.exit(0);
  } catch (error) {
    if (asked.signal.aborted) process.exit(0);
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${message}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}
