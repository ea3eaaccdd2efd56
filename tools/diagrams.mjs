// npm run diagrams: writes the diagrams of the documents anew, from the built core.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transpile } from './build/transpile.mjs';
import { DOCUMENTS, withDiagrams } from './diagrams/documents.mjs';
import { mixedDiagrams } from './diagrams/mixed.mjs';
import { twoPhaseDiagrams } from './diagrams/two-phase.mjs';
import { ROOT } from './paths.mjs';

await transpile();
const core = await import('@skald/core');
const diagrams = { ...twoPhaseDiagrams(core), ...mixedDiagrams(core) };
for (const document of DOCUMENTS) {
  const path = join(ROOT, document);
  writeFileSync(path, withDiagrams(readFileSync(path, 'utf8'), diagrams));
}
