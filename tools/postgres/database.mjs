import pg from 'pg';

/**
 * The same connection URL with another database.
 *
 * @param {string} url
 * @param {string} name
 */
export function withDatabase(url, name) {
  const parsed = new URL(url);
  parsed.pathname = `/${name}`;
  return parsed.href;
}

/**
 * Runs `work` on a connection of its own and closes it.
 *
 * @template T
 * @param {string} url
 * @param {(client: pg.Client) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withClient(url, work) {
  const client = new pg.Client({ connectionString: url });
  // Without a listener an error of an idle connection (the server was killed) ends the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Makes a database on the server of `url`, unless it exists, and returns its URL. Two processes may
 * do so at the same time.
 *
 * @param {string} url A connection URL of the same server, to any database, with the right to create.
 * @param {string} name
 * @param {{ template?: string }} [options]
 */
export async function createDatabase(url, name, { template } = {}) {
  await withClient(url, async (client) => {
    const existing = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (existing.rows.length > 0) return;
    const from = template === undefined ? '' : ` template ${pg.escapeIdentifier(template)}`;
    await client.query(`create database ${pg.escapeIdentifier(name)}${from}`).catch(unlessItExists);
  });
  return withDatabase(url, name);
}

/**
 * Drops a database, ending the sessions on it; one that does not exist is fine.
 *
 * @param {string} url A connection URL of the same server, to another database.
 * @param {string} name
 */
export async function dropDatabase(url, name) {
  await withClient(url, (client) =>
    client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`),
  );
}

/** @param {unknown} error */
function unlessItExists(error) {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  // 42P04 duplicate_database, 23505 the unique index of pg_database: somebody was quicker.
  if (code !== '42P04' && code !== '23505') throw error;
}
