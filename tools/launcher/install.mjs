import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.mjs';

/**
 * @typedef {{ packages?: Record<string, { version?: string, link?: boolean, optional?: boolean,
 *   extraneous?: boolean }> }} Lock
 */

/**
 * Installs the dependencies unless node_modules already holds what package-lock.json says. Works
 * without node_modules.
 *
 * @param {string} [root]
 */
export function ensureInstalled(root = ROOT) {
  if (isInstalled(root)) return;
  console.log('Installing dependencies …');
  const hasLock = existsSync(join(root, 'package-lock.json'));
  if (hasLock && npm(root, 'ci')) return;
  // The lock does not fit package.json, or another platform: still better than not to start.
  if (!npm(root, 'install', '--no-save')) throw new Error('npm install failed: see above');
}

/**
 * @param {string} root
 * @param {string[]} words
 */
function npm(root, ...words) {
  const script = process.env['npm_execpath'];
  const command = script ? process.execPath : 'npm';
  // Only errors: a dependency's opinion on Node versions is nothing that a user could act on.
  const all = [
    ...(script ? [script] : []),
    ...words,
    '--no-fund',
    '--no-audit',
    '--loglevel=error',
  ];
  return (
    spawnSync(command, all, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] }).status === 0
  );
}

/**
 * npm writes what it installed into node_modules/.package-lock.json, at the end: compared entry by
 * entry, so that neither a touched file nor an interrupted install misleads.
 *
 * @param {string} root
 */
export function isInstalled(root) {
  const wanted = readLock(join(root, 'package-lock.json'));
  const installed = readLock(join(root, 'node_modules', '.package-lock.json'));
  if (!installed) return false;
  return Object.entries(wanted?.packages ?? {}).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.optional || entry.extraneous) return true;
    const found = installed.packages?.[path];
    return found !== undefined && (entry.link === true || found.version === entry.version);
  });
}

/**
 * @param {string} path
 * @returns {Lock | undefined}
 */
function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
