// Run after `npm install <package>`: npm leaves packages for other platforms out of the lock when
// it cannot load them or finds node_modules in place (npm/cli#4828), and `npm ci` then refuses the
// lock. They are named, with their exact versions, by the packages that want them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from './files.mjs';
import { ROOT } from './paths.mjs';

const PLATFORM =
  /(android|darwin|freebsd|linux|openharmony|win32)-(arm|arm64|ia32|loong64|ppc64|riscv64|s390x|x64)(?:-(gnu|musl)?.*)?$/;
const LIBC = { gnu: 'glibc', musl: 'musl' };

/**
 * @typedef {{ version?: string, dev?: boolean, optional?: boolean, os?: string[], cpu?: string[],
 *   libc?: string[], optionalDependencies?: Record<string, string> }} Entry
 */

const path = join(ROOT, 'package-lock.json');
/** @type {{ packages: Record<string, Entry> }} */
const lock = JSON.parse(readFileSync(path, 'utf8'));
let added = 0;
for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const here = `node_modules/${name}`;
    const [, os, cpu, libc] = PLATFORM.exec(name) ?? [];
    if (!os || !cpu || lock.packages[here] || lock.packages[`${parent}/${here}`]) continue;
    lock.packages[here] = {
      version,
      cpu: [cpu],
      ...(dev ? { dev } : {}),
      ...(os === 'linux' && libc ? { libc: [LIBC[/** @type {keyof typeof LIBC} */ (libc)]] } : {}),
      optional: true,
      os: [os],
    };
    added += 1;
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(sorted);
writeAtomically(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages of other platforms added`);
