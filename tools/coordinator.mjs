// npm run coordinator: one more coordinator beside a running npm start, as one would scale out.
import { join } from 'node:path';
import { ensureInstalled } from './launcher/install.mjs';
import { COORDINATOR_USAGE, parseCoordinatorOptions, UsageError } from './launcher/options.mjs';
import { serveUntilSignal } from './launcher/signals.mjs';

await serveUntilSignal(async (signal) => {
  const options = parseCoordinatorOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(COORDINATOR_USAGE);
    return undefined;
  }
  ensureInstalled();
  const { isRunning, readRun } = await import('./launcher/run-file.mjs');
  const { launchCoordinator } = await import('./launcher/launch-coordinator.mjs');
  const main = readRun(options.dataDir);
  if (!main?.ready || !isRunning(main.launcher)) {
    const file = join(options.dataDir, 'run.json');
    throw new UsageError(`Nothing runs according to ${file}: start it with npm start first`);
  }
  const report = (/** @type {string} */ line) => void process.stderr.write(`${line}\n`);
  const launched = await launchCoordinator({ ...options, main, report, signal });
  console.log(`One more coordinator is up: ${launched.run.urls['coordinator']} (Ctrl-C stops it)`);
  return launched;
});
