import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../../tools/paths.mjs';

const SOURCE = fileURLToPath(new URL('./slowsync.c', import.meta.url));

/**
 * A library to preload that makes every fsync and fdatasync take longer, as a disk behind a network does.
 *
 * @throws Error where there is no C compiler.
 */
export function slowSyncLibrary() {
  const folder = join(ROOT, '.cache', 'bench');
  const library = join(folder, 'slowsync.so');
  if (existsSync(library)) return library;
  mkdirSync(folder, { recursive: true });
  const words = ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl'];
  const { status, error, stderr } = spawnSync('gcc', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`gcc is needed to slow fsync: ${error?.message ?? stderr}`);
  return library;
}
