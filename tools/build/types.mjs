import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { nodeWorkspaces, ROOT } from '../paths.mjs';

/**
 * Writes the `.d.ts` files of the published packages into their `dist`, by one run of tsc.
 *
 * @returns {boolean} False = the types have errors, which tsc has printed.
 */
export function emitTypes() {
  const out = join(ROOT, '.cache', 'types');
  rmSync(out, { recursive: true, force: true });
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const words = [tsc, '-p', 'tools/build/tsconfig.types.json', '--outDir', out];
  const { status } = spawnSync(process.execPath, words, { cwd: ROOT, stdio: 'inherit' });
  for (const workspace of nodeWorkspaces()) {
    const emitted = join(out, workspace, 'src');
    if (existsSync(emitted)) cpSync(emitted, join(ROOT, workspace, 'dist'), { recursive: true });
  }
  return status === 0;
}
