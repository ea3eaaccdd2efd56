import { spawnSync } from 'node:child_process';
import { chownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const NOBODY = 65534;

/**
 * How to run PostgreSQL, which refuses to run as root, from this process: words to put before the
 * command, and the uid that its files must belong to on disk.
 *
 * @typedef {{ prefix: string[], owner: number }} Unprivileged
 */

/** @type {{ prefix: string[], owner: number }[]} */
const WAYS_FROM_ROOT = [
  // A user namespace: inside we are nobody, on disk still root, so a folder that only root may
  // enter (mktemp -d) is no obstacle.
  {
    prefix: ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, '--'],
    owner: 0,
  },
  // Where namespaces are refused (most containers): another uid, with the one capability that lets
  // it pass through folders of root.
  { prefix: setpriv('--inh-caps=+dac_override', '--ambient-caps=+dac_override'), owner: NOBODY },
  { prefix: setpriv(), owner: NOBODY },
];

/** @param {string[]} capabilities */
function setpriv(...capabilities) {
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  return ['setpriv', ...user, ...capabilities, '--'];
}

/** @type {Unprivileged | undefined} */
let found;

/**
 * The way that works on this machine, found out by trying.
 *
 * @returns {Unprivileged}
 */
export function unprivileged() {
  const uid = process.getuid?.() ?? -1;
  if (uid !== 0) return { prefix: [], owner: uid };
  found ??= WAYS_FROM_ROOT.find(({ prefix: [command = '', ...rest] }) => {
    return spawnSync(command, [...rest, 'true']).status === 0;
  });
  if (!found) {
    throw new Error('PostgreSQL cannot run as root, and neither unshare nor setpriv works here.');
  }
  return found;
}

/**
 * Hands a folder and all below it to `owner`, when it belongs to somebody else. Only root can.
 *
 * @param {string} path
 * @param {number} owner
 */
export function giveTo(path, owner) {
  if (process.getuid?.() !== 0 || lstatSync(path).uid === owner) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const below = join(path, entry.name);
    if (entry.isDirectory()) giveTo(below, owner);
    else chownSync(below, owner, owner);
  }
  chownSync(path, owner, owner);
}
