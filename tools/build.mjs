import { buildDashboard } from './build/dashboard.mjs';
import { emitTypes } from './build/types.mjs';
import { transpile } from './build/transpile.mjs';

// npm run build [-- --types]
const { built, removed } = await transpile();
console.log(`${built} files built, ${removed} removed`);
if (buildDashboard()) console.log('dashboard built');
if (process.argv.includes('--types') && !emitTypes()) process.exitCode = 1;
