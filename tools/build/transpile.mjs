import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { writeAtomically } from '../files.mjs';
import { nodeWorkspaces, ROOT } from '../paths.mjs';

/**
 * What was built from what: SHA-256 of each source by its path from the root, and of the options.
 *
 * @typedef {{ options: string, sources: Record<string, string> }} Manifest
 */

/**
 * Transpiles `src/**` of every workspace to `dist/**` where a source changed since the last time,
 * and removes outputs whose source is gone. Types are not checked: `npm run verify` does that.
 * Workspaces that a bundler builds are left to it.
 *
 * @param {string} [root]
 * @returns {Promise<{ built: number, removed: number }>}
 */
export async function transpile(root = ROOT) {
  const manifestPath = join(root, '.cache', 'build.json');
  const swcrc = readFileSync(join(root, '.swcrc'), 'utf8');
  const optionsHash = hash(swcrc + readFileSync(join(root, 'package.json'), 'utf8'));
  const before = readManifest(manifestPath, optionsHash);
  /** @type {Manifest} */
  const after = { options: optionsHash, sources: {} };
  const changed = [];
  for (const source of nodeWorkspaces(root).flatMap((path) => sourcesOf(root, path))) {
    const text = readFileSync(join(root, source), 'utf8');
    const sourceHash = hash(text);
    after.sources[source] = sourceHash;
    if (before.sources[source] !== sourceHash || !existsSync(join(root, outputOf(source)))) {
      changed.push({ source, text });
    }
  }
  if (changed.length > 0) await transpileAll(root, JSON.parse(swcrc), changed);
  const removed = removeOrphans(root, after);
  if (changed.length > 0 || removed > 0) {
    writeAtomically(manifestPath, JSON.stringify(after, null, 1));
  }
  return { built: changed.length, removed };
}

/** @param {string} text */
function hash(text) {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * @param {string} path
 * @param {string} options
 * @returns {Manifest}
 */
function readManifest(path, options) {
  try {
    /** @type {Manifest} */
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    if (manifest.options === options) return manifest;
  } catch {
    // The first build, or a manifest that somebody cut off: build everything.
  }
  return { options, sources: {} };
}

/**
 * @param {string} root
 * @param {string} workspace
 */
function sourcesOf(root, workspace) {
  return filesBelow(join(root, workspace, 'src'))
    .filter((path) => path.endsWith('.ts') && !/\.(spec|property|fixture|d)\.ts$/.test(path))
    .map((path) => relative(root, path).split(sep).join('/'));
}

/** @param {string} folder */
function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** @param {string} source */
function outputOf(source) {
  return source.replace('/src/', '/dist/').replace(/\.ts$/, '.js');
}

/**
 * @param {string} root
 * @param {import('@swc/core').Options} swcrc
 * @param {{ source: string, text: string }[]} changed
 */
async function transpileAll(root, swcrc, changed) {
  const { transform } = await import('@swc/core');
  for (const { source, text } of changed) {
    const output = join(root, outputOf(source));
    const { code, map } = await transform(text, {
      ...swcrc,
      swcrc: false,
      configFile: false,
      filename: join(root, source),
      sourceFileName: relative(dirname(output), join(root, source)),
      sourceMaps: true,
    });
    if (map !== undefined) writeAtomically(`${output}.map`, map);
    writeAtomically(output, code);
  }
}

/**
 * @param {string} root
 * @param {Manifest} manifest
 */
function removeOrphans(root, manifest) {
  const wanted = new Set(Object.keys(manifest.sources).map(outputOf));
  const orphans = nodeWorkspaces(root)
    .flatMap((workspace) => filesBelow(join(root, workspace, 'dist')))
    .map((path) => relative(root, path).split(sep).join('/'))
    .filter((path) => !wanted.has(path.replace(/(\.d\.ts|\.js)(\.map)?$/, '.js')));
  for (const path of orphans) rmSync(join(root, path));
  return orphans.length;
}
