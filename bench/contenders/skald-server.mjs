// A coordinator with the HTTP API, asked by IPC to start and to stop.
import 'reflect-metadata';
import { createServer } from '@skald/server';
import { http, placeOrder, singly, startEngine } from './skald-parts.mjs';

/** @type {{ stop: () => Promise<void> } | undefined} */
let running;

/** @param {any} options */
async function start(options) {
  const { databaseUrl, origin, mode = 'single', limits = {}, timing = {}, dashboard } = options;
  const { engine, views, stop } = await startEngine({
    databaseUrl,
    definitions: [placeOrder(singly, { timing })],
    transports: { http: http({ trivial: { origin, mode } }) },
    participants: { trivial: 'http' },
    limits,
  });
  const app = await createServer({
    coordinator: engine,
    views,
    ...(dashboard && { dashboard: { dir: dashboard } }),
  });
  await engine.start();
  await app.listen(0, '127.0.0.1');
  running = {
    async stop() {
      await stop();
      await app.close();
    },
  };
  const { port } = /** @type {import('node:net').AddressInfo} */ (app.getHttpServer().address());
  return { port };
}

process.on('message', (/** @type {any} */ { id, what, options }) => {
  const answered = what === 'start' ? start(options) : Promise.resolve(running?.stop());
  answered.then(
    (answer) => process.send?.({ id, answer: answer ?? {} }),
    (/** @type {Error} */ error) => process.send?.({ id, error: error.stack }),
  );
});
process.on('disconnect', () => process.exit(0));
