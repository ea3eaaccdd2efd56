/** Those of one flush or batch repeat, and formatting one costs a microsecond. */
const recentTimes = new Map<number, string>();
const MAX_RECENT_TIMES = 1_000;

/** `toISOString` of ms since the epoch. @throws RangeError for NaN. */
export function isoTime(at: number): string {
  const known = recentTimes.get(at);
  if (known !== undefined) return known;
  if (recentTimes.size >= MAX_RECENT_TIMES) recentTimes.clear();
  const text = new Date(at).toISOString();
  recentTimes.set(at, text);
  return text;
}
