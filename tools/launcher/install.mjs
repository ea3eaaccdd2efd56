import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.mjs';

/**
 * @typedef {{ packages?: Record<string, { version?: string, link?: boolean, optional?: boolean,
 *   devOptional?: boolean, peer?: boolean }> }} Lock
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
  const npm = process.env['npm_execpath'];
  const [command, ...rest] = npm ? [process.execPath, npm] : ['npm'];
  const words = [...rest, existsSync(join(root, 'package-lock.json')) ? 'ci' : 'install'];
  // Unknown settings of a user's own npm configuration are not this project's business.
  const { status, error } = spawnSync(command, [...words, '--no-fund', '--no-audit'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (error ?? status !== 0) throw new Error(`npm ${words.at(-1)} failed: see above`);
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
    if (!path.includes('node_modules/') || entry.optional || entry.devOptional) return true;
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
