// Skald in process: the engine with its PostgreSQL store and HTTP transport, full history, as shipped.
import { http, placeOrder, runOne, singly, startEngine, verdictOf } from './skald-parts.mjs';
import { StoreWatch } from './store-watch.mjs';

/**
 * @param {{ databaseUrl: string, origin: string, mode: 'single' | 'batch', steps?: number }} options
 */
export async function start({ databaseUrl, origin, mode, steps = 3 }) {
  const watch = new StoreWatch();
  const { engine, stop } = await startEngine({
    databaseUrl,
    definitions: [placeOrder(singly, { steps })],
    transports: { http: http({ trivial: { origin, mode } }) },
    participants: { trivial: 'http' },
    watch: (store) => watch.over(store),
  });
  await engine.start();
  return {
    run: async (/** @type {number} */ order, /** @type {boolean} */ fail) =>
      verdictOf(await runOne(engine, 'bench', { order, amount: 4200, fail }, watch.begun)),
    extra: () => watch.take(),
    stop,
  };
}
