import type { Change } from '@skald/engine';
import { encodePosition } from './position.js';

/** Made once for all who get it at the same position. */
const MADE = new WeakMap<Change, string>();

/** A change as a server-sent event. */
export function changeEvent(change: Change): string {
  let event = MADE.get(change);
  if (event === undefined) MADE.set(change, (event = toEvent(change)));
  return event;
}

/** That `count` changes are not told, the last of which is `last`. */
export function skippedEvent(count: number, last: Change): string {
  return `id: ${encodePosition(last.position)}\nevent: skipped\ndata: {"count":${count}}\n\n`;
}

function toEvent({ position, at, id, definition, status, version, ...rest }: Change): string {
  const { type, step, direction } = rest;
  const shown = { id, definition, status, version, at: new Date(at).toISOString() };
  const data = JSON.stringify({ ...shown, type, step, direction });
  return `id: ${encodePosition(position)}\nevent: transaction\ndata: ${data}\n\n`;
}
