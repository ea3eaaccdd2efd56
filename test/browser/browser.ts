import type { Browser, BrowserContext, Page } from 'playwright-core';

/** What a page must never do; each list is empty at the end of a test. */
export interface Misdeeds {
  /** Reports of the content security policy. */
  readonly violations: string[];
  /** Dialogs opened and exceptions thrown. */
  readonly others: string[];
}

/** A page and what it did that no page should. */
export interface Watched {
  readonly page: Page;
  readonly misdeeds: Misdeeds;
  readonly close: () => Promise<void>;
}

/** A page in a context of its own: nothing of an earlier one is remembered. */
export async function openPage(
  browser: Browser,
  { baseURL }: { readonly baseURL: string },
): Promise<Watched> {
  const viewport = { width: 1280, height: 900 };
  const context = await browser.newContext({ baseURL, viewport });
  context.setDefaultTimeout(15_000);
  const misdeeds: Misdeeds = { violations: [], others: [] };
  await reportViolations(context, misdeeds);
  const page = await context.newPage();
  page.on('dialog', (dialog) => {
    misdeeds.others.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => misdeeds.others.push(`exception: ${error.message}`));
  return { page, misdeeds, close: () => context.close() };
}

async function reportViolations(context: BrowserContext, misdeeds: Misdeeds): Promise<void> {
  await context.exposeFunction('skaldViolation', (text: string) => {
    misdeeds.violations.push(text);
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const { effectiveDirective, blockedURI, sourceFile, lineNumber } = event;
      const text = `${effectiveDirective} ${blockedURI} ${sourceFile}:${String(lineNumber)}`;
      (window as unknown as { skaldViolation: (text: string) => void }).skaldViolation(text);
    });
  });
}
