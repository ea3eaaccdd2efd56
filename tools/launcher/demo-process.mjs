import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Sends the stream of orders from a process of its own, so that it costs the launcher nothing.
 *
 * @param {import('./run-file.mjs').Run} run
 */
export function startDemo(run) {
  const main = fileURLToPath(new URL('./demo.mjs', import.meta.url));
  const words = [run.urls['coordinator'] ?? '', run.urls['inventory'] ?? ''];
  const child = fork(main, words, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  /** @type {Promise<void>} */
  const exited = new Promise((resolve) => child.once('exit', () => resolve()));
  return {
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
