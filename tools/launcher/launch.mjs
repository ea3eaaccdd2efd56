import { join } from 'node:path';
import { ROOT } from '../paths.mjs';
import { startChild } from './child.mjs';
import { prepareDatabases } from './databases.mjs';
import { allSettledOrThrow, createFleet } from './fleet.mjs';
import { keepKafka } from './kafka.mjs';
import { SERVICES } from './options.mjs';
import { mergeParticipants } from './participants.mjs';
import { choosePorts } from './ports.mjs';
import { keepPostgres } from './postgres.mjs';
import { claim } from './run-file.mjs';
import { sharedSecret } from './secret.mjs';

/**
 * @typedef {object} LaunchOptions
 * @property {number} port Of the coordinator; the services follow. 0 = free ones.
 * @property {string} dataDir
 * @property {boolean} [kafka]
 * @property {import('./options.mjs').ServiceName[]} [without]
 * @property {NodeJS.ProcessEnv} [env] Default: this process's.
 * @property {(line: string) => void} [report] Gets what an operator should see.
 * @property {AbortSignal} [signal] Gives up a start that is still under way.
 * @property {(name: string) => string} [mainOf] Script of a process; for specs of the launcher.
 */

/**
 * Everything that `npm start` runs, up and serving. `stop` ends services, coordinator, broker and
 * PostgreSQL, in this order.
 *
 * @typedef {object} Launched
 * @property {import('./run-file.mjs').Run} run As in `<data-dir>/run.json`, always up to date.
 * @property {() => Promise<void>} stop
 */

/**
 * The script of a process; the warehouses are one app.
 *
 * @param {string} name
 */
export function mainOfApp(name) {
  const app = name.startsWith('warehouse-') ? 'warehouse' : name;
  return join(ROOT, 'apps', app, 'dist', 'main.js');
}

/**
 * Starts PostgreSQL, the broker if wanted, the services and at last the coordinator, each
 * supervised. What was started is stopped again when a later part fails.
 *
 * @param {LaunchOptions} options
 * @returns {Promise<Launched>}
 */
export async function launch(options) {
  const { report = () => undefined, signal } = options;
  const file = await claim(options.dataDir);
  const fleet = createFleet({
    report,
    signal,
    onStart: (name, { pid, port }) => file.setProcess(name, pid, port),
  });
  const stop = async () => {
    await fleet.stop();
    file.remove();
  };
  try {
    await startAll(options, fleet, file);
  } catch (error) {
    await stop();
    throw error;
  }
  return { run: file.run, stop };
}

/**
 * @param {LaunchOptions} options
 * @param {import('./fleet.mjs').Fleet} fleet
 * @param {import('./run-file.mjs').RunFile} file
 */
async function startAll(options, fleet, file) {
  const { dataDir, env = process.env, without = [], report = () => undefined } = options;
  const all = /** @type {const} */ (['coordinator', ...SERVICES]);
  const ports = await choosePorts(options.port, all, without);
  const present = SERVICES.filter((name) => !without.includes(name));
  /** @param {typeof all[number]} name */
  const origin = (name) => `http://127.0.0.1:${ports[name]}`;
  const ours = present.map((name) => [name, options.kafka ? 'kafka' : origin(name)]);
  const participants = mergeParticipants(Object.fromEntries(ours), env['SKALD_PARTICIPANTS']);

  const given = env['KAFKA_BROKERS'];
  const [databases, brokers] = await allSettledOrThrow([
    prepareDatabases(env, () => keepPostgres(dataDir, fleet)),
    options.kafka && !given ? keepKafka(dataDir, fleet, report) : Promise.resolve(given),
  ]);
  file.update({ databases, participants, brokers: brokers ?? null });
  const secret = sharedSecret(dataDir, env);

  /** @param {typeof all[number]} name */
  const environment = (name) => ({
    PORT: String(ports[name]),
    DATABASE_URL: databases[name],
    SKALD_SECRET: secret,
    ...(brokers ? { KAFKA_BROKERS: brokers } : {}),
  });
  /** @param {import('./options.mjs').ServiceName} name */
  const ofService = (name) => ({
    ...environment(name),
    COORDINATOR_URL: origin('coordinator'),
    ...(name.startsWith('warehouse-') ? { WAREHOUSE_NAME: name } : {}),
  });
  const services = allSettledOrThrow(
    present.map((name) => keepChild(options, fleet, { name, env: ofService(name) })),
  );
  // Last: whoever sees the coordinator ready may use everything.
  const own = { ...environment('coordinator'), SKALD_PARTICIPANTS: participants };
  const last = keepChild(options, fleet, { name: 'coordinator', env: own, after: services });
  await allSettledOrThrow([services, last]);
  const served = /** @type {const} */ (['coordinator', ...present]);
  file.update({ ready: true, urls: Object.fromEntries(served.map((n) => [n, origin(n)])) });
}

/**
 * @param {LaunchOptions} options
 * @param {import('./fleet.mjs').Fleet} fleet
 * @param {{ name: string, env: NodeJS.ProcessEnv, after?: Promise<unknown> }} child
 */
function keepChild({ dataDir, env = process.env, report, mainOf = mainOfApp }, fleet, child) {
  const { name } = child;
  const settings = {
    name,
    main: mainOf(name),
    env: { ...env, ...child.env },
    log: join(dataDir, 'logs', `${name}.log`),
    report: (/** @type {string} */ line) => report?.(`[${name}] ${line}`),
  };
  let { after } = child;
  const group = name === 'coordinator' ? 'coordinators' : 'services';
  return fleet.keep(group, name, (signal) => {
    const held = after ? { after } : {};
    after = undefined; // A restart has nothing to wait for.
    return startChild({ ...settings, ...held }, signal);
  });
}
