import { createDatabase } from '../postgres/index.mjs';
import { SERVICES } from './options.mjs';

/**
 * The connection URLs of the coordinator's and the services' databases, after making those that
 * are missing. Each `<NAME>_DATABASE_URL` of the environment is taken as it is; the others are
 * databases `skald_<name>` on the coordinator's server.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {(() => Promise<string>)} embedded Starts the embedded server, if one is needed, and gives
 *   the URL of its superuser.
 * @returns {Promise<Record<string, string>>}
 */
export async function prepareDatabases(env, embedded) {
  /** @type {Record<string, string>} */
  const urls = {};
  const given = env['DATABASE_URL'];
  const missing = SERVICES.filter((name) => !env[`${name.toUpperCase()}_DATABASE_URL`]);
  const server = given ?? (await embedded());
  urls['coordinator'] = given ?? (await createDatabase(server, 'skald_coordinator'));
  for (const name of SERVICES) {
    urls[name] = missing.includes(name)
      ? await createDatabase(server, `skald_${name}`)
      : (env[`${name.toUpperCase()}_DATABASE_URL`] ?? '');
  }
  return urls;
}
