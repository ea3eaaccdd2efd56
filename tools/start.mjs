// npm start. Built-ins of Node only up to ensureInstalled: on a fresh clone there is nothing else.
import { ensureInstalled } from './launcher/install.mjs';
import { parseStartOptions, START_USAGE } from './launcher/options.mjs';
import { serveUntilSignal } from './launcher/signals.mjs';

await serveUntilSignal(async (signal) => {
  const options = parseStartOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(START_USAGE);
    return undefined;
  }
  ensureInstalled();
  const { transpile } = await import('./build/transpile.mjs');
  const { buildDashboard } = await import('./build/dashboard.mjs');
  const { launch } = await import('./launcher/launch.mjs');
  const { greeting } = await import('./launcher/greeting.mjs');
  const { startDemo } = await import('./launcher/demo-process.mjs');
  await transpile();
  buildDashboard();
  const report = (/** @type {string} */ line) => void process.stderr.write(`${line}\n`);
  const launched = await launch({ ...options, report, signal });
  process.stdout.write(greeting(launched.run, options.dataDir));
  const demo = options.demo ? startDemo(launched.run) : undefined;
  return {
    stop: async () => {
      await demo?.stop();
      await launched.stop();
    },
  };
});
