import { join } from 'node:path';
import { startPostgres } from '../postgres/index.mjs';

/**
 * Starts the embedded PostgreSQL in the data folder and keeps it running, on one port.
 *
 * @param {string} dataDir
 * @param {import('./fleet.mjs').Fleet} fleet
 * @returns {Promise<string>} The URL of its superuser.
 */
export async function keepPostgres(dataDir, fleet) {
  /** @type {import('../postgres/postgres.mjs').Postgres | undefined} */
  let server;
  await fleet.keep('servers', 'postgres', async () => {
    const port = server ? { port: server.port } : {};
    const dir = join(dataDir, 'postgres');
    server = await startPostgres({ dataDir: dir, stopWithParent: true, ...port });
    return server;
  });
  return server?.url('postgres') ?? '';
}
