// node lighthouse.mjs <debugging port> <url> …: scores and what cost them, a JSON line per address.
// A process of its own: it brings a test runner's module loader to its limits.
import lighthouse, { desktopConfig } from 'lighthouse';

const CATEGORIES = ['accessibility', 'best-practices'];

const [port = '', ...urls] = process.argv.slice(2);
for (const url of urls) {
  const options = {
    port: Number(port),
    onlyCategories: CATEGORIES,
    // Scores of what is there, not of how fast a slow network would bring it.
    throttlingMethod: /** @type {const} */ ('provided'),
    // The stream of changes never ends, so that there is no quiet network to wait for.
    maxWaitForLoad: 10_000,
    disableFullPageScreenshot: true,
  };
  const result = await lighthouse(url, options, desktopConfig);
  if (!result) throw new Error(`no result for ${url}`);
  const { categories, audits, runtimeError } = result.lhr;
  const scores = CATEGORIES.map((name) => [name, (categories[name]?.score ?? 0) * 100]);
  const failed = Object.values(audits)
    .filter(({ score }) => score !== null && score < 1)
    .map(({ id, title, details }) => ({ id, title, items: itemsOf(details) }));
  console.log(JSON.stringify({ url, ...Object.fromEntries(scores), failed, runtimeError }));
}

/** @param {unknown} details */
function itemsOf(details) {
  const { items = [] } = /** @type {{ items?: { node?: { snippet: string } }[] }} */ (
    details ?? {}
  );
  return items.flatMap(({ node }) => (node ? [node.snippet] : []));
}
