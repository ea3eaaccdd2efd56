import { isUtf8 } from 'node:buffer';
import { CoordinatorError } from '@skald/core';
import secureJson from 'secure-json-parse';

/** Deeper JSON than this is refused: schemas, hashing and printing all recurse. */
export const MAX_JSON_DEPTH = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENERS: ReadonlySet<number> = new Set([0x5b, 0x7b]); // [ {
const CLOSERS: ReadonlySet<number> = new Set([0x5d, 0x7d]); // ] }

/**
 * The JSON value in the bytes of a request body; undefined when there are none.
 *
 * @throws CoordinatorError REQUEST_INVALID for invalid UTF-8, bad JSON, more than 32 levels, an own
 *   `__proto__` key or a `constructor` with a `prototype`.
 */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw wrongBody('expected UTF-8');
  if (depthOf(body) > MAX_JSON_DEPTH) throw wrongBody(`expected at most ${MAX_JSON_DEPTH} levels`);
  try {
    return secureJson.parse(body.toString('utf8'), undefined, {
      protoAction: 'error',
      constructorAction: 'error',
    });
  } catch (error) {
    throw wrongBody(error instanceof SyntaxError ? withoutExcerpt(error.message) : String(error));
  }
}

function wrongBody(detail: string): CoordinatorError {
  const errors = [{ pointer: '', detail }];
  return new CoordinatorError('REQUEST_INVALID', `body: ${detail}`, { errors });
}

/** V8 quotes the text around the error: nothing that belongs into an answer or a log. */
function withoutExcerpt(message: string): string {
  return /prototype/.test(message)
    ? 'the keys __proto__ and constructor.prototype are not allowed'
    : `not JSON: ${message.replace(/,? ?(\.\.\.)?"[^]*$/, '')}`;
}

/** How deep arrays and objects nest. Counted on the bytes, before anything recurses into them. */
function depthOf(body: Buffer): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (OPENERS.has(byte)) deepest = Math.max(deepest, ++depth);
    else if (CLOSERS.has(byte)) depth--;
  }
  return deepest;
}
