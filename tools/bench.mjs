import { spawnSync } from 'node:child_process';
import { transpile } from './build/transpile.mjs';
import { ROOT } from './paths.mjs';

// npm run bench -- <question> [--quick]; npm run bench -- --help lists the questions.
await transpile();
const args = ['bench/run.mjs', ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
