import { createDatabase } from '../postgres/index.mjs';
import { SERVICES } from './options.mjs';

/**
 * The connection URLs of the coordinator's and the services' databases, after making those that
 * are missing. Each `<NAME>_DATABASE_URL` of the environment is taken as it is; the others are
 * databases `skald_<name>` on the coordinator's server.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {() => Promise<string>} embedded Starts the embedded server, if one is needed, and gives
 *   the URL of its superuser.
 * @returns {Promise<Record<string, string>>}
 */
export async function prepareDatabases(env, embedded) {
  const given = env['DATABASE_URL'];
  const server = given ?? (await embedded());
  const coordinator = given ?? createDatabase(server, 'skald_coordinator');
  const services = SERVICES.map((name) => {
    const word = name.replaceAll('-', '_');
    return env[`${word.toUpperCase()}_DATABASE_URL`] ?? createDatabase(server, `skald_${word}`);
  });
  const [first, ...others] = await Promise.all([coordinator, ...services]);
  return Object.fromEntries([
    ['coordinator', first],
    ...SERVICES.map((name, index) => [name, others[index]]),
  ]);
}
