// npm run chaos [-- words for Jest]: what npm test draws or runs in small, in full. Every crash point of two-phase
// commit over both transports, at its first and its second hit; 2,000 settlements and as many transfers at 50
// and at 200 under way. SKALD_CHAOS_SEED repeats a run.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled } from './launcher/install.mjs';
import { ROOT } from './paths.mjs';

const SUITES = ['kill', 'invariants'].map((folder) => join('test', folder, 'two-phase.spec.ts'));

ensureInstalled();
const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
const words = process.argv.slice(2);
const flags = '--experimental-vm-modules --disable-warning=ExperimentalWarning';
const { status } = spawnSync(process.execPath, [jest, '--runInBand', ...SUITES, ...words], {
  cwd: ROOT,
  stdio: 'inherit',
  env: {
    ...process.env,
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} ${flags}`.trim(),
    SKALD_CHAOS: 'all',
  },
});
process.exitCode = status ?? 1;
