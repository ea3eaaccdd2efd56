import { spawnSync } from 'node:child_process';
import { transpile } from './build/transpile.mjs';
import { ROOT } from './paths.mjs';

// npm run bench [-- --n 4000 --c 200 --rounds 3]
await transpile();
const args = ['bench/load/run.mjs', ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
