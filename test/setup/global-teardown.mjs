import { rmSync } from 'node:fs';
import { run } from './run.mjs';

/** Stops what globalSetup started. */
export default async function globalTeardown() {
  await run.postgres?.stop({ mode: 'immediate' });
  if (run.dataDir) rmSync(run.dataDir, { recursive: true, force: true });
}
