import type { Browser } from 'playwright-core';
import { openPage, type Watched } from './browser.js';
import { launchBrowser } from './chromium.mjs';
import { startStage, type Stage } from './stage.js';

/** What the tests of a suite have at hand: one stage for all, a page for each. */
export interface StageSuite {
  readonly stage: Stage;
  readonly watched: Watched;
}

/** A stage and a browser for a suite; each test must leave its page without misdeeds. */
export function stageSuite(): StageSuite {
  let stage: Stage;
  let browser: Browser;
  let watched: Watched;

  beforeAll(async () => {
    [stage, browser] = await Promise.all([startStage(), launchBrowser()]);
  }, 300_000);

  afterAll(async () => {
    await browser.close();
    await stage.skald.stop();
  });

  beforeEach(async () => {
    watched = await openPage(browser, { baseURL: stage.url });
  });

  afterEach(async () => {
    expect(watched.misdeeds).toEqual({ violations: [], others: [] });
    await watched.close();
  });

  return {
    get stage() {
      return stage;
    },
    get watched() {
      return watched;
    },
  };
}
