import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The workspace packages that have sources, as paths from the root: `libs/core`, `apps/order`, …
 *
 * @param {string} [root]
 */
export function workspaces(root = ROOT) {
  return ['libs', 'apps']
    .filter((parent) => existsSync(join(root, parent)))
    .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
    .concat('migrations')
    .filter((path) => existsSync(join(root, path, 'src')))
    .sort();
}

/**
 * Those of them that Node runs: the page is built by its own bundler.
 *
 * @param {string} [root]
 */
export function nodeWorkspaces(root = ROOT) {
  return workspaces(root).filter((path) => !existsSync(join(root, path, 'vite.config.ts')));
}
