import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../paths.mjs';

/** Milliseconds that translating, compiling or one search may take. */
const STEP_MS = 120_000;

/** Deeper than any run of the models; a search that gets there says that it is not complete. */
const DEPTH = '1000000';

const TOOLS = [
  { command: 'spin', versionBy: '-V', from: 'apt-get install spin, brew install spin' },
  { command: 'cc', versionBy: '--version', from: 'apt-get install gcc libc6-dev' },
];

/**
 * @typedef {object} Verdict What one search said.
 * @property {'holds' | 'broken' | 'incomplete'} is
 * @property {number} states
 * @property {number} depth
 */

/**
 * A line for each tool that does not run here, with where to get it.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string[]}
 */
export function missingTools(env = process.env) {
  return TOOLS.filter(
    ({ command, versionBy }) => spawnSync(command, [versionBy], { env }).error !== undefined,
  ).map(({ command, from }) => `${command} is missing. Get it by: ${from}`);
}

/**
 * Compiles a model and searches it for each property, in a folder of its own, which stays when a
 * property is broken: the trail to it lies there.
 *
 * @param {import('./plan.mjs').Case} one
 * @returns {Promise<{ verdicts: { property: string, verdict: Verdict }[], dir: string }>}
 */
export async function check({ model, defines, properties, isBug }) {
  const dir = mkdtempSync(join(tmpdir(), 'skald-model-'));
  const file = join(ROOT, 'test', 'model', `${model}.pml`);
  await run('spin', ['-a', ...defines.map((name) => `-D${name}`), file], dir);
  await run('cc', [isBug ? '-O0' : '-O1', '-DNOFAIR', '-DMEMLIM=4000', '-o', 'pan', 'pan.c'], dir);
  const verdicts = [];
  for (const property of properties) {
    const text = await run(join(dir, 'pan'), ['-a', '-N', property, `-m${DEPTH}`], dir);
    verdicts.push({ property, verdict: readVerdict(text) });
  }
  const isAsExpected = verdicts.every(({ verdict }) => verdict.is === (isBug ? 'broken' : 'holds'));
  if (isAsExpected) rmSync(dir, { recursive: true, force: true });
  return { verdicts, dir };
}

/**
 * The last steps of the run that breaks a property, as Spin tells them.
 *
 * @param {import('./plan.mjs').Case} one
 * @param {string} dir
 */
export async function counterexample({ model, defines }, dir) {
  const trail = join(dir, `${model}.pml.trail`);
  if (!existsSync(trail)) return '';
  const file = join(ROOT, 'test', 'model', `${model}.pml`);
  const words = ['-p', '-k', trail, ...defines.map((name) => `-D${name}`), file];
  const lines = (await run('spin', words, dir)).split('\n').filter((line) => !/Never/.test(line));
  return lines.slice(-90).join('\n');
}

/**
 * Reads what a compiled model prints. Only a search that went everywhere lets a property hold.
 *
 * @param {string} text
 * @returns {Verdict}
 */
export function readVerdict(text) {
  const numberIn = (/** @type {RegExp} */ pattern) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  const errors = numberIn(/errors: (\d+)/);
  const states = numberIn(/(\d+(?:\.\d+)?(?:e\+\d+)?) states, stored/);
  const depth = numberIn(/depth reached (\d+)/);
  if (errors > 0) return { is: 'broken', states, depth };
  const stopped = /Search not completed|max search depth too small|out of memory/i.test(text);
  return { is: errors === 0 && !stopped ? 'holds' : 'incomplete', states, depth };
}

/**
 * @param {string} command
 * @param {string[]} words
 * @param {string} cwd
 * @returns {Promise<string>} What it printed. Its exit code says nothing that the text does not.
 */
function run(command, words, cwd) {
  const child = spawn(command, words, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: STEP_MS });
  let text = '';
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  child.stderr.on('data', (chunk) => (text += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const isSearch = command.endsWith('pan');
      if (signal !== null) reject(new Error(`${command} was stopped by ${signal}:\n${text}`));
      else if (code !== 0 && !isSearch)
        reject(new Error(`${command} ended with ${code}:\n${text}`));
      else resolve(text);
    });
  });
}
