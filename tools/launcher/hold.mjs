// node hold.mjs <main>: loads what an app will need, then waits for `{ type: 'go' }` to become it.
// So the coordinator, which must serve last, loads on one core while the services start on others.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [main = ''] = process.argv.slice(2);
const end = () => process.exit(0);
process.on('SIGINT', () => undefined);
process.once('disconnect', end);

/** @type {Promise<void>} */
const told = new Promise((resolve) => {
  const onMessage = (/** @type {{ type?: string }} */ message) => {
    if (message.type === 'stop') end();
    if (message.type !== 'go') return;
    process.off('message', onMessage);
    resolve();
  };
  process.on('message', onMessage);
});

const manifest = join(dirname(dirname(main)), 'package.json');
if (existsSync(manifest)) {
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
  // An error here is one of the app, which will meet it again and say so.
  for (const name of Object.keys(dependencies)) await import(name).catch(() => undefined);
}
await told;
process.off('disconnect', end);
await import(pathToFileURL(main).href);
