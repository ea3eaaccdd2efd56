import secureJson from 'secure-json-parse';

/** How deep JSON that comes from outside may be nested. */
export const MAX_DEPTH = 32;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * JSON in bytes as a value.
 *
 * @throws SyntaxError (or TypeError, for bytes that are not UTF-8) naming what is wrong: also for a
 *   `__proto__` key, and for values nested deeper than `maxDepth`.
 */
export function parseJson(bytes: Uint8Array, maxDepth: number): unknown {
  const options = { protoAction: 'error', constructorAction: 'error' } as const;
  const value: unknown = secureJson.parse(utf8.decode(bytes), null, options);
  if (isDeeper(value, maxDepth)) throw new SyntaxError(`nested deeper than ${maxDepth} levels`);
  return value;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
