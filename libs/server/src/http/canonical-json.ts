import { hash } from 'node:crypto';

/** JSON with sorted keys and no spaces: the same text for the same value, however it was written. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = value as Readonly<Record<string, unknown>>;
  let members = '';
  for (const key of sortedKeysOf(fields)) {
    const member = `${JSON.stringify(key)}:${canonicalJson(fields[key])}`;
    members = members === '' ? member : `${members},${member}`;
  }
  return `{${members}}`;
}

/** Bodies often come in order already, and sorting makes copies. */
function sortedKeysOf(fields: object): string[] {
  const keys = Object.keys(fields);
  const isSorted = keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') < key);
  return isSorted ? keys : keys.sort();
}

/** SHA-256 (hex) of the canonical JSON of `value`. */
export function requestHashOf(value: unknown): string {
  return hash('sha256', canonicalJson(value), 'hex');
}
