/** Ms since the epoch as the API writes a time. */
export function time(ms: number): string {
  // In a view one time often follows itself: a step begins when the one before it ends.
  if (ms !== written.ms) written = { ms, text: new Date(ms).toISOString() };
  return written.text;
}

let written = { ms: Number.NaN, text: '' };

export function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : time(ms);
}
