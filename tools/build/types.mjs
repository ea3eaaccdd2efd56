import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, workspaces } from '../paths.mjs';

/** Writes the `.d.ts` files of the published packages into their `dist`, by one run of tsc. */
export function emitTypes() {
  const out = join(ROOT, '.cache', 'types');
  rmSync(out, { recursive: true, force: true });
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const words = [tsc, '-p', 'tools/build/tsconfig.types.json', '--outDir', out];
  const { status } = spawnSync(process.execPath, words, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error('The types have errors: see above.');
  for (const workspace of workspaces().filter((path) => !path.startsWith('apps/'))) {
    cpSync(join(out, workspace, 'src'), join(ROOT, workspace, 'dist'), { recursive: true });
  }
}
