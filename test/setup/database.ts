import { createHash, randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import {
  createDatabase,
  dropDatabase,
  withClient,
  withDatabase,
} from '../../tools/postgres/index.mjs';

export interface TestDatabaseOptions {
  /** Brings an empty database to the schema under test. */
  migrate?: (url: string) => Promise<void>;
  /**
   * Name of the template that `migrate` builds once per run and that is cloned from then on. Give
   * the same name for the same migrations only.
   */
  template?: string;
}

export interface TestDatabase {
  url: string;
  /** Drops the database, ending sessions that are still on it. */
  drop: () => Promise<void>;
}

/** A database of its own for one test, on the server that the run started. */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = serverUrl();
  const name = `test_${randomBytes(8).toString('hex')}`;
  const url = await create(server, name, options);
  return { url, drop: () => dropDatabase(server, name) };
}

function serverUrl(): string {
  const url = process.env['SKALD_TEST_POSTGRES'];
  if (url === undefined) throw new Error('SKALD_TEST_POSTGRES is not set: run this under Jest');
  return url;
}

async function create(
  server: string,
  name: string,
  { migrate, template }: TestDatabaseOptions,
): Promise<string> {
  if (template !== undefined && migrate !== undefined) {
    await ensureTemplate(server, template, migrate);
    return createDatabase(server, name, { template: templateName(template) });
  }
  const url = await createDatabase(server, name);
  await migrate?.(url);
  return url;
}

function templateName(name: string): string {
  return `template_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/** A template counts once it is marked as one: a worker that died while building it left it unmarked. */
async function ensureTemplate(
  server: string,
  name: string,
  migrate: (url: string) => Promise<void>,
): Promise<void> {
  const database = templateName(name);
  await withClient(server, async (client) => {
    await client.query('select pg_advisory_lock(hashtext($1))', [database]);
    if (await isTemplate(client, database)) return;
    await dropDatabase(server, database);
    await createDatabase(server, database);
    await migrate(withDatabase(server, database));
    await client.query(`alter database ${database} is_template true`);
  });
}

async function isTemplate(client: Client, database: string): Promise<boolean> {
  const found = await client.query(
    'select 1 from pg_database where datname = $1 and datistemplate',
    [database],
  );
  return found.rows.length > 0;
}
