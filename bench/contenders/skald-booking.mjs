// The engine in process, three services with a database each in processes of their own.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createDatabase, dropDatabase, withClient } from '../../tools/postgres/index.mjs';
import { asSaga, asTcc, asTwoPhase, NAMES } from './booking.mjs';
import { http, runOne, startEngine, verdictOf } from './skald-parts.mjs';

const SERVICE = fileURLToPath(new URL('./booking-service.mjs', import.meta.url));

/**
 * @param {string} name
 * @param {string} databaseUrl
 */
async function startService(name, databaseUrl) {
  const url = await createDatabase(databaseUrl, `contender_${name}`);
  const child = fork(SERVICE, [name, url], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { port } = await /** @type {Promise<{ port: number }>} */ (
    new Promise((resolve, reject) => {
      child.on('message', (/** @type {any} */ message) =>
        message.type === 'ready' ? resolve(message) : reject(new Error(message.message)),
      );
    })
  );
  const exited = new Promise((resolve) => child.once('exit', resolve));
  return {
    ...{ name, url, pid: child.pid ?? 0, origin: `http://127.0.0.1:${port}` },
    async stop() {
      child.send({ type: 'stop' });
      await exited;
      await dropDatabase(databaseUrl, `contender_${name}`);
    },
  };
}

/**
 * @param {{ databaseUrl: string, definition: 'as-saga' | 'as-two-phase' | 'as-tcc',
 *   mode?: 'single' | 'batch' }} options
 */
export async function start({ databaseUrl, definition, mode = 'single' }) {
  const services = await Promise.all(NAMES.map((name) => startService(name, databaseUrl)));
  const { engine, stop } = await startEngine({
    databaseUrl,
    definitions: [asSaga, asTwoPhase, asTcc],
    transports: {
      http: http(Object.fromEntries(services.map(({ name, origin }) => [name, { origin, mode }]))),
    },
    participants: Object.fromEntries(services.map(({ name }) => [name, 'http'])),
  });
  await engine.start();
  let booked = 0;
  return {
    pids: Object.fromEntries(services.map(({ name, pid }) => [`participant ${name}`, pid])),
    async run(/** @type {number} */ order, /** @type {boolean} */ fail) {
      const input = { order, amount: 4200, fail };
      const isDone = verdictOf(await runOne(engine, definition, input));
      if (isDone) booked++;
      return isDone;
    },
    /** All services have exactly what was committed, and nothing is left prepared. */
    async check() {
      const wrong = [];
      for (const { name, url } of services) {
        const { rows, left } = await withClient(url, async (client) => ({
          rows: (await client.query('select count(*)::int as n from booking where not is_held'))
            .rows[0].n,
          left: (await client.query('select 1 from pg_prepared_xacts')).rowCount,
        }));
        if (rows !== booked) wrong.push(`${name} has ${rows} bookings instead of ${booked}`);
        if (left !== 0) wrong.push(`${left} transactions are left prepared`);
      }
      return wrong.length > 0 ? wrong : undefined;
    },
    async stop() {
      await stop();
      for (const service of services) await service.stop();
    },
  };
}
