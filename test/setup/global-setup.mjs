import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../tools/postgres/index.mjs';
import { run } from './run.mjs';

/**
 * One PostgreSQL server for the whole run, without fsync: its databases live for one test each.
 * SKALD_TEST_POSTGRES, the URL of its superuser, reaches the workers by their environment; set
 * beforehand, it names a server to use instead.
 */
export default async function globalSetup() {
  if (process.env['SKALD_TEST_POSTGRES']) return;
  const dataDir = mkdtempSync(join(tmpdir(), 'skald-test-'));
  const postgres = await startPostgres({ dataDir, durable: false, stopWithParent: true });
  run.dataDir = dataDir;
  run.postgres = postgres;
  process.env['SKALD_TEST_POSTGRES'] = postgres.url('postgres');
}
