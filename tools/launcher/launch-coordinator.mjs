import { join } from 'node:path';
import { startChild } from './child.mjs';
import { createFleet } from './fleet.mjs';
import { mainOfApp } from './launch.mjs';
import { choosePorts } from './ports.mjs';
import { claim } from './run-file.mjs';
import { sharedSecret } from './secret.mjs';

/**
 * Starts one more coordinator on the database, participants and brokers of a running set, and keeps
 * it running. Its pid and port are in `<data-dir>/run-coordinator-<port>.json`.
 *
 * @param {object} options
 * @param {number} options.port 0 = a free one.
 * @param {string} options.dataDir
 * @param {import('./run-file.mjs').Run} options.main What runs there.
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {(line: string) => void} [options.report]
 * @param {AbortSignal} [options.signal]
 * @param {(name: string) => string} [options.mainOf]
 * @returns {Promise<import('./launch.mjs').Launched>}
 */
export async function launchCoordinator(options) {
  const { dataDir, main, env = process.env, report = () => undefined, signal } = options;
  const { mainOf = mainOfApp } = options;
  const { coordinator: port } = await choosePorts(options.port, ['coordinator']);
  const name = `coordinator-${port}`;
  const file = await claim(dataDir, `run-${name}.json`);
  file.update({
    databases: main.databases,
    participants: main.participants,
    brokers: main.brokers,
  });
  const fleet = createFleet({
    report,
    signal,
    onStart: (_name, running) => file.setProcess('coordinator', running.pid, running.port),
  });
  const stop = async () => {
    await fleet.stop();
    file.remove();
  };
  const child = {
    name,
    main: mainOf('coordinator'),
    env: {
      ...env,
      PORT: String(port),
      DATABASE_URL: main.databases['coordinator'],
      SKALD_PARTICIPANTS: main.participants,
      SKALD_SECRET: sharedSecret(dataDir, env),
      ...(main.brokers === null ? {} : { KAFKA_BROKERS: main.brokers }),
    },
    log: join(dataDir, 'logs', `${name}.log`),
    report: (/** @type {string} */ line) => report(`[${name}] ${line}`),
  };
  try {
    await fleet.keep('coordinators', name, (stopping) => startChild(child, stopping));
  } catch (error) {
    await stop();
    throw error;
  }
  file.update({ ready: true, urls: { coordinator: `http://127.0.0.1:${port}` } });
  return { run: file.run, stop };
}
