import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../../tools/wait.mjs';

const LONGEST_HOLD_MS = 120_000;

/**
 * Where a start of `name` waits as long as the file exists.
 *
 * @param {string} dataDir
 * @param {string} name
 */
export function holdFile(dataDir, name) {
  const dir = join(dataDir, 'hold');
  mkdirSync(dir, { recursive: true });
  return join(dir, name);
}

/**
 * Writes a script that starts `main` once nobody holds it up, and gives its path: the launcher goes
 * on supervising a process that stays down for as long as a test wants.
 *
 * @param {string} dataDir
 * @param {string} name
 * @param {string} main
 * @param {readonly string[]} before Lines of the script that come before `main`.
 */
export function holdable(dataDir, name, main, before = []) {
  const file = holdFile(dataDir, name);
  const script = `${file}.mjs`;
  const lines = [
    `import { whenFree } from ${JSON.stringify(import.meta.url)};`,
    `await whenFree(${JSON.stringify(file)});`,
    ...before,
    `await import(${JSON.stringify(main)});`,
  ];
  writeFileSync(script, `${lines.join('\n')}\n`);
  return script;
}

/** @param {string} file */
export async function whenFree(file) {
  const end = () => process.exit(0);
  process.on('disconnect', end);
  process.on('message', end);
  const isFree = () => !existsSync(file);
  await waitFor(isFree, { timeoutMs: LONGEST_HOLD_MS, what: `${file} to go` });
  process.off('disconnect', end);
  process.off('message', end);
}

/**
 * Where the doom of a process is written, and what its script has to do to meet it.
 *
 * @param {string} dataDir
 * @param {string} name
 */
export function doomOf(dataDir, name) {
  const file = `${holdFile(dataDir, name)}.doom`;
  const module = JSON.stringify(new URL('doom.mjs', import.meta.url).href);
  const words = `${JSON.stringify(file)}, ${JSON.stringify(name)}`;
  return { file, lines: [`await (await import(${module})).awaitDoom(${words});`] };
}
