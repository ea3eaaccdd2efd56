// npm test [-- words for Jest]: build, verify, then every suite; the exit code tells of both.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled } from './launcher/install.mjs';
import { ROOT } from './paths.mjs';

ensureInstalled();
ensureInstalled(join(ROOT, 'test', 'browser'));
const { transpile } = await import('./build/transpile.mjs');
const { buildDashboard } = await import('./build/dashboard.mjs');
const { verify } = await import('./verify/verify.mjs');

await transpile();
buildDashboard();
const verified = await verify();

// Jest's ECMAScript modules stand on an experimental interface of Node, which warns in each worker.
const flags = '--experimental-vm-modules --disable-warning=ExperimentalWarning';
const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
const { status } = spawnSync(process.execPath, [jest, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} ${flags}`.trim() },
});
if (!verified) console.error('\nnpm run verify failed: see above');
process.exitCode = status === 0 && !verified ? 1 : (status ?? 1);
