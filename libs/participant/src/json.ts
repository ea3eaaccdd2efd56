import { ProtocolError } from '@skald/core';
import secureJson from 'secure-json-parse';

/** How deep JSON that comes from outside may be nested. */
export const MAX_DEPTH = 32;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * JSON in bytes as a value.
 *
 * @throws ProtocolError saying what is wrong: bytes that are not UTF-8, text that is not JSON, a
 *   `__proto__` key, a value nested deeper than `maxDepth`.
 */
export function parseJson(bytes: Uint8Array, maxDepth: number): unknown {
  const value = parse(bytes);
  if (isDeeper(value, maxDepth)) throw new ProtocolError(`JSON deeper than ${maxDepth} levels`);
  return value;
}

function parse(bytes: Uint8Array): unknown {
  const options = { protoAction: 'error', constructorAction: 'error' } as const;
  try {
    return secureJson.parse(utf8.decode(bytes), null, options) as unknown;
  } catch (cause) {
    throw new ProtocolError(`not JSON as expected: ${String(cause)}`, { cause });
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  // What JSON makes inherits nothing that could be enumerated; a list of the values is not needed.
  for (const name in value) {
    if (isDeeper((value as Record<string, unknown>)[name], levels - 1)) return true;
  }
  return false;
}
