import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../files.mjs';

/**
 * The secret that the coordinators and the services of a data folder share: that of the environment, or
 * the folder's own, made at the first start and readable by its owner alone.
 *
 * @param {string} dataDir
 * @param {NodeJS.ProcessEnv} env
 */
export function sharedSecret(dataDir, env) {
  if (env['SKALD_SECRET']) return env['SKALD_SECRET'];
  const path = join(dataDir, 'secret');
  try {
    const kept = readFileSync(path, 'utf8').trim();
    if (kept !== '') return kept;
  } catch {
    // The first start.
  }
  const made = randomBytes(32).toString('hex');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeAtomically(path, `${made}\n`, 0o600);
  return made;
}
