import { CoordinatorError } from '@skald/core';
import type { Page, PageOf } from '@skald/engine';

type Key = readonly (string | number)[];

/** A cursor that goes on after the row with this key. */
function toCursor(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * The key of a page's cursor, undefined for the first page.
 *
 * @throws CoordinatorError REQUEST_INVALID unless its parts are of the types of `like`.
 */
export function keyOf({ cursor }: Page, like: Key): Key | undefined {
  if (cursor === undefined) return undefined;
  const key = parse(cursor);
  const isAlike =
    Array.isArray(key) &&
    key.length === like.length &&
    key.every((part, index) => isLike(part, like[index]));
  if (isAlike) return key as Key;
  const detail = 'not a cursor of an earlier page';
  throw new CoordinatorError('REQUEST_INVALID', `cursor: ${detail}`, {
    errors: [{ pointer: '/cursor', detail }],
  });
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Strings in keys are ids; numbers have to survive as a time or a 64-bit integer. */
function isLike(part: unknown, like: unknown): boolean {
  if (typeof like === 'number') return Number.isSafeInteger(part) && Math.abs(Number(part)) < 8e15;
  return typeof part === 'string' && UUID.test(part);
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** A page of `rows`, of which one more than its limit was asked for. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  { limit }: Page,
  { item, key }: { item: (row: Row) => Item; key: (row: Row) => Key },
): PageOf<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? toCursor(key(last)) : null;
  return { items: shown.map(item), nextCursor };
}
