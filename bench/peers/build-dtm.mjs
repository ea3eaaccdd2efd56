// Builds DTM's server from its Go module, pinned; `@latest` does not resolve.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../../tools/paths.mjs';

export const DTM_VERSION = 'v1.19.0';
const MODULE = 'github.com/dtm-labs/dtm';
const FOLDER = join(ROOT, '.cache', 'dtm');
const SOURCE = fileURLToPath(new URL('./dtm/main.go', import.meta.url));

/** Undefined where there is no Go toolchain. */
export function goToolchain() {
  for (const go of ['go', '/usr/local/go/bin/go']) {
    if (spawnSync(go, ['version'], { stdio: 'ignore' }).status === 0) return go;
  }
  return undefined;
}

/** @throws Error where there is no Go toolchain. */
export function buildDtm() {
  const binary = join(FOLDER, 'dtm');
  const schema = join(FOLDER, 'dtm.sql');
  if (existsSync(binary) && existsSync(schema)) return { binary, schema };
  const go = goToolchain();
  if (!go) throw new Error('DTM needs a Go toolchain');
  mkdirSync(FOLDER, { recursive: true });
  const module = `module skald.bench/dtm\n\ngo 1.22\n\nrequire ${MODULE} ${DTM_VERSION}\n`;
  writeFileSync(join(FOLDER, 'go.mod'), module);
  copyFileSync(SOURCE, join(FOLDER, 'main.go'));
  /** @type {import('node:child_process').ExecFileSyncOptionsWithStringEncoding} */
  const options = {
    cwd: FOLDER,
    encoding: 'utf8',
    env: { ...process.env, GOFLAGS: '-mod=mod', CGO_ENABLED: '0', GOMAXPROCS: '2' },
    stdio: ['ignore', 'pipe', 'inherit'],
  };
  execFileSync(go, ['build', '-ldflags', '-s -w', '-o', binary, '.'], options);
  const words = ['list', '-m', '-f', '{{.Dir}}', `${MODULE}@${DTM_VERSION}`];
  const source = String(execFileSync(go, words, options)).trim();
  copyFileSync(join(source, 'sqls', 'dtmsvr.storage.postgres.sql'), schema);
  return { binary, schema };
}
