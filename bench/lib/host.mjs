// A contender in a process of its own, with the closed loop that drives it. Told by IPC what to do.
import 'reflect-metadata';
import { drive } from './drive.mjs';

/** @type {import('./drive.mjs').Contender | undefined} */
let contender;

/** @type {Record<string, (order: any) => Promise<object>>} */
const ORDERS = {
  async start({ module, options }) {
    contender = await (await import(module)).start(options);
    return { pids: contender?.pids ?? {} };
  },
  async drive({ load }) {
    if (!contender) throw new Error('nothing was started');
    contender.extra?.();
    return { ...(await drive(contender, load)), extra: contender.extra?.() };
  },
  check: async () => ({ wrong: await contender?.check?.() }),
  async memory() {
    globalThis.gc?.();
    return process.memoryUsage();
  },
  async stop() {
    await contender?.stop();
    return {};
  },
};

/** @param {any} message */
async function obey({ what, ...order }) {
  const carryOut = ORDERS[what];
  if (!carryOut) throw new Error(`there is no order ${what}`);
  return carryOut(order);
}

process.on('message', (/** @type {any} */ message) => {
  obey(message).then(
    (answer) => process.send?.({ id: message.id, answer }),
    (/** @type {Error} */ error) => process.send?.({ id: message.id, error: error.stack }),
  );
});
process.on('disconnect', () => process.exit(0));
