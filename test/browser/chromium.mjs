import sparticuz from '@sparticuz/chromium';
import { chromium } from 'playwright-core';

/**
 * Chromium of the npm package, or the one that CHROMIUM_PATH names.
 *
 * @param {string[]} [args] More words of its command line.
 */
export async function launchBrowser(args = []) {
  const executablePath = process.env['CHROMIUM_PATH'] ?? (await sparticuz.executablePath());
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...args] });
}
