// Processes that are asked by IPC, and end with this one.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const STOP_LIMIT_MS = 20_000;
/** As the image starts Node (see the Dockerfile); all contenders that run in it alike. */
const AS_SHIPPED = ['--max-semi-space-size=64'];

/**
 * @param {URL} module Asked by `{ id, what, … }`, answers `{ id, answer }` or `{ id, error }`.
 * @param {{ args?: string[], execArgv?: string[], env?: Record<string, string> }} [options]
 */
export function ask(module, { args = [], execArgv = [], env = {} } = {}) {
  const child = fork(fileURLToPath(module), args, {
    execArgv: [...AS_SHIPPED, ...execArgv],
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  /** @type {Map<number, { resolve: (answer: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  let last = 0;
  child.on('message', (/** @type {any} */ { id, answer, error }) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error) asked?.reject(new Error(error));
    else asked?.resolve(answer);
  });
  /** @type {Promise<void>} */
  const exited = new Promise((resolve) => child.once('exit', () => resolve()));
  void exited.then(() => {
    for (const { reject } of waiting.values()) reject(new Error(`${module} has ended`));
    waiting.clear();
  });
  /** @param {{ what: string, [more: string]: unknown }} order */
  const tell = (order) => {
    const id = ++last;
    /** @type {Promise<any>} */
    const answered = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    if (child.connected) child.send({ id, ...order });
    else waiting.get(id)?.reject(new Error(`${module} has ended`));
    return answered;
  };
  const stop = async () => {
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await tell({ what: 'stop' }).catch(() => undefined);
    if (child.connected) child.disconnect();
    await exited;
    clearTimeout(limit);
  };
  return { child, pid: child.pid ?? 0, tell, stop, exited };
}
