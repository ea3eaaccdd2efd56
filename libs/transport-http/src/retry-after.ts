const LONGEST_MS = 3_600_000;

/**
 * Milliseconds to wait by a Retry-After header (RFC 9110, section 10.2.3: seconds or an HTTP date),
 * from 0 to one hour; undefined when it is absent or says nothing usable.
 *
 * @param at Now, ms since the epoch: what a date is compared with.
 */
export function parseRetryAfter(header: string | undefined, at: number): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, LONGEST_MS);
  // Date.parse takes much that is no HTTP date, bare numbers among it.
  const date = /^[A-Z][a-z]{2,8},? .*\d{2}:\d{2}:\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.min(Math.max(date - at, 0), LONGEST_MS);
}
