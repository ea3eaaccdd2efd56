/** `value` as indented JSON with sorted keys, the same for equal values. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, sortKeys, 2);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

/** The lines by which two texts differ, `- expected` and `+ actual`; empty when they are equal. */
export function diffOf(expected: string, actual: string): string {
  if (expected === actual) return '';
  const left = expected.split('\n');
  const right = actual.split('\n');
  const lines: string[] = [];
  let at = 0;
  for (const line of left) {
    const found = right.indexOf(line, at);
    if (found < 0) {
      lines.push(`- ${line}`);
      continue;
    }
    lines.push(...right.slice(at, found).map((added) => `+ ${added}`), `  ${line}`);
    at = found + 1;
  }
  lines.push(...right.slice(at).map((added) => `+ ${added}`));
  return lines.join('\n');
}
