import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ROOT } from '../../../tools/paths.mjs';
import { launchBrowser } from '../chromium.mjs';
import { scenesOf } from './scenes.mjs';
import { startSystem } from './system.mjs';

const FOLDER = join(ROOT, 'docs', 'screenshots');
const VIEWPORT = { width: 1280, height: 860 };
const SCHEMES = /** @type {const} */ (['light', 'dark']);

/**
 * Starts everything, lets the demo's stream run for a while, so that there is something to draw, and
 * takes each scene in light and dark into docs/screenshots.
 *
 * @param {{ minutes: number }} options
 */
export async function takeScreenshots({ minutes }) {
  mkdirSync(FOLDER, { recursive: true });
  const system = await startSystem();
  const browser = await launchBrowser();
  try {
    console.log(`${minutes} min of traffic on ${system.origin}`);
    await pause(minutes * 60_000);
    for (const scene of scenesOf(system)) await take(browser, system.origin, scene);
  } finally {
    await browser.close();
    await system.stop();
  }
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} baseURL
 * @param {import('./scenes.mjs').Scene} scene
 */
async function take(browser, baseURL, { name, begin, ready, end }) {
  const path = await begin();
  const context = await browser.newContext({ baseURL, viewport: VIEWPORT, deviceScaleFactor: 1.5 });
  const page = await context.newPage();
  await page.goto(path);
  await ready(page);
  await page.evaluate(() => document.fonts.ready);
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
    const file = join(FOLDER, `${name}-${colorScheme}.png`);
    await page.screenshot({ path: file, animations: 'disabled' });
    console.log(file);
  }
  await context.close();
  await end?.();
}
