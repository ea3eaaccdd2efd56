import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../../tools/ports.mjs';
import { launchBrowser } from './chromium.mjs';

/** What Lighthouse says of a page: 0 to 100, and the audits that cost something. */
export interface Scores {
  readonly url: string;
  readonly accessibility: number;
  readonly 'best-practices': number;
  readonly failed: readonly unknown[];
  readonly runtimeError?: unknown;
}

const SCRIPT = fileURLToPath(new URL('./lighthouse.mjs', import.meta.url));
const run = promisify(execFile);

/** The scores of pages, in a browser of its own. */
export async function scoresOf(urls: readonly string[]): Promise<Scores[]> {
  const port = await freePort();
  const browser = await launchBrowser([`--remote-debugging-port=${port}`]);
  try {
    // Jest's flags for Node are none of its business.
    const env = { ...process.env, NODE_OPTIONS: '' };
    const { stdout } = await run(process.execPath, [SCRIPT, String(port), ...urls], { env });
    const lines = stdout.trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Scores);
  } finally {
    await browser.close();
  }
}
