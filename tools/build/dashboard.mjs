import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeAtomically } from '../files.mjs';
import { ROOT } from '../paths.mjs';

const APP = join('apps', 'dashboard');

/** The built page: index.html and assets. */
export const DASHBOARD_DIST = join(ROOT, APP, 'dist');

/**
 * Builds the dashboard into `apps/dashboard/dist` where its sources, its configuration or the lock
 * changed since the last time. Types are not checked: `npm run verify` does that.
 *
 * @returns {boolean} Whether it was built.
 * @throws Error with the bundler's output.
 */
export function buildDashboard() {
  const mark = join(ROOT, '.cache', 'dashboard.hash');
  const wanted = hashOfSources();
  const isBuilt = existsSync(join(DASHBOARD_DIST, 'index.html')) && existsSync(mark);
  if (isBuilt && readFileSync(mark, 'utf8') === wanted) return false;
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, 'build'], {
    cwd: join(ROOT, APP),
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (status !== 0) throw new Error(`the dashboard could not be built\n${stdout}\n${stderr}`);
  compressAssets();
  writeAtomically(mark, wanted);
  return true;
}

/** The coordinator sends `.gz` beside a file in its place. */
function compressAssets() {
  const folder = join(DASHBOARD_DIST, 'assets');
  for (const name of readdirSync(folder).filter((one) => /\.(js|css|svg)$/.test(one))) {
    const path = join(folder, name);
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
  }
}

function hashOfSources() {
  const hash = createHash('sha256');
  const sources = readdirSync(join(ROOT, APP, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(spec|d)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const others = ['index.html', 'package.json', 'vite.config.ts', 'tsconfig.json'];
  const paths = [...sources, ...others.map((name) => join(ROOT, APP, name))];
  for (const path of [...paths, join(ROOT, 'package-lock.json')]) {
    hash.update(`${path}\0`).update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}
