// The launcher with fake services, as a process of its own: node launcher.mjs <data-dir>
import { fileURLToPath } from 'node:url';
import { launch } from '../launch.mjs';
import { serveUntilSignal } from '../signals.mjs';

await serveUntilSignal((signal) =>
  launch({
    port: 0,
    dataDir: process.argv[2] ?? '',
    mainOf: () => fileURLToPath(new URL('./service.mjs', import.meta.url)),
    report: (line) => console.error(line),
    signal,
  }),
);
