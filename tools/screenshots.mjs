// npm run screenshots [-- --minutes 15]: the pictures of docs/screenshots, of a system that runs.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled } from './launcher/install.mjs';
import { ROOT } from './paths.mjs';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '15' } } });
ensureInstalled();
ensureInstalled(join(ROOT, 'test', 'browser'));
const { transpile } = await import('./build/transpile.mjs');
const { buildDashboard } = await import('./build/dashboard.mjs');
await transpile();
buildDashboard();
// What it needs of the browser's package has its types there, not here.
const script = new URL('../test/browser/screenshots/take.mjs', import.meta.url).href;
const { takeScreenshots } = await import(script);
await takeScreenshots({ minutes: Number(values.minutes) });
