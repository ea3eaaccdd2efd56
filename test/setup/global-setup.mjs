import { existsSync, mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startPostgres } from '../../tools/postgres/index.mjs';
import { ROOT } from '../../tools/paths.mjs';
import { run } from './run.mjs';

/** A package of its own with the browser; npm test installs it. */
const BROWSER = join(ROOT, 'test', 'browser');

/**
 * One PostgreSQL server for the whole run, without fsync: its databases live for one test each.
 * SKALD_TEST_POSTGRES, the URL of its superuser, reaches the workers by their environment; set
 * beforehand, it names a server to use instead.
 */
export default async function globalSetup() {
  await unpackBrowser();
  if (process.env['SKALD_TEST_POSTGRES']) return;
  const dataDir = mkdtempSync(join(tmpdir(), 'skald-test-'));
  const postgres = await startPostgres({ dataDir, durable: false, stopWithParent: true });
  run.dataDir = dataDir;
  run.postgres = postgres;
  process.env['SKALD_TEST_POSTGRES'] = postgres.url('postgres');
}

/**
 * Once before all suites: two that unpack it at the same time would run half of it.
 */
async function unpackBrowser() {
  if (process.env['CHROMIUM_PATH'] || !existsSync(join(BROWSER, 'node_modules'))) return;
  const { resolve } = createRequire(join(BROWSER, 'package.json'));
  const { default: chromium } = await import(pathToFileURL(resolve('@sparticuz/chromium')).href);
  process.env['CHROMIUM_PATH'] = await chromium.executablePath();
}
