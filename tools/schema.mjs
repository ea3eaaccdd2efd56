import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transpile } from './build/transpile.mjs';
import { ROOT } from './paths.mjs';
import { createDatabase, startPostgres, withClient } from './postgres/index.mjs';
import { dumpSchema } from './postgres/schema-dump.mjs';

// npm run schema: writes what the migrations make of an empty database, for review and comparison.
await transpile();
const { migrateCoordinator } = await import('@skald/storage-postgres');
const dataDir = mkdtempSync(join(tmpdir(), 'skald-schema-'));
const postgres = await startPostgres({ dataDir, durable: false, stopWithParent: true });
try {
  const url = await createDatabase(postgres.url('postgres'), 'coordinator');
  await migrateCoordinator(url);
  const file = join(ROOT, 'migrations/src/coordinator/schema.txt');
  writeFileSync(file, await withClient(url, dumpSchema));
  console.log(`wrote ${file}`);
} finally {
  await postgres.stop({ mode: 'immediate' });
  rmSync(dataDir, { recursive: true, force: true });
}
