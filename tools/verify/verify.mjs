import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeApiTypes } from '../build/api-types.mjs';
import { ensureInstalled } from '../launcher/install.mjs';
import { ROOT } from '../paths.mjs';

const SIDE_BY_SIDE = 2;
const FOLDERS = ['libs', 'apps', 'migrations', 'test', 'tools', 'bench'];

/**
 * The longest ones first: what starts last should be short. Each runs a script of node_modules with
 * this Node, so that it works wherever npm's links do not.
 *
 * @returns {{ name: string, words: string[] }[]}
 */
function checks() {
  const folders = FOLDERS.filter((folder) => existsSync(join(ROOT, folder)));
  const cache = ['--cache', '--cache-strategy', 'content', '--cache-location'];
  return [
    { name: 'lint', words: [bin('eslint/bin/eslint.js'), '.', '--max-warnings', '0'] },
    { name: 'types', words: [bin('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.json'] },
    ...['apps/dashboard', 'test/browser'].map((project) => ({
      name: `types of ${project}`,
      words: [bin('typescript/bin/tsc'), '--noEmit', '-p', project],
    })),
    { name: 'packages', words: [join('tools', 'verify', 'packages.mjs')] },
    {
      name: 'format',
      words: [bin('prettier/bin/prettier.cjs'), '--check', '.', ...cache, '.cache/prettier'],
    },
    {
      name: 'layers',
      words: [bin('dependency-cruiser/bin/dependency-cruise.mjs'), ...folders],
    },
    { name: 'dead code', words: [bin('knip/bin/knip.js'), '--no-progress'] },
  ];
}

/** @param {string} path */
function bin(path) {
  return join('node_modules', ...path.split('/'));
}

/**
 * Runs all checks, also after one failed, and prints a line for each and the output of failures.
 *
 * @returns {Promise<boolean>} True = all passed.
 */
export async function verify() {
  ensureInstalled(join(ROOT, 'test', 'browser'));
  await writeApiTypes();
  const waiting = checks();
  let passed = true;
  async function work() {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const { ok, output, seconds } = await run(check.words);
      console.log(`${ok ? 'ok    ' : 'FAILED'} ${check.name.padEnd(23)} ${seconds.toFixed(1)} s`);
      if (!ok) console.log(output);
      passed &&= ok;
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return passed;
}

/**
 * @param {string[]} words
 * @returns {Promise<{ ok: boolean, output: string, seconds: number }>}
 */
function run(words) {
  const start = performance.now();
  const env = { ...process.env, [process.stdout.isTTY ? 'FORCE_COLOR' : 'NO_COLOR']: '1' };
  const child = spawn(process.execPath, words, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  return new Promise((resolve) => {
    const end = (/** @type {boolean} */ ok) =>
      resolve({ ok, output, seconds: (performance.now() - start) / 1000 });
    child.once('error', (error) => {
      output += error.message;
      end(false);
    });
    child.once('close', (code) => end(code === 0));
  });
}
