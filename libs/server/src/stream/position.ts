import type { StreamPosition } from '@skald/engine';
import { wrongField } from '../http/field-errors.js';

/** A position as clients keep it: opaque text for `id:` and `Last-Event-ID`. */
export function encodePosition(position: StreamPosition): string {
  const parts = Object.entries(position).map(([writer, at]) => `${writer}.${at[0]}.${at[1]}`);
  return Buffer.from(parts.join('~')).toString('base64url') || '-';
}

/** Inverse of `encodePosition`. @throws CoordinatorError REQUEST_INVALID naming `Last-Event-ID`. */
export function decodePosition(text: string): StreamPosition {
  if (text === '-') return {};
  const decoded = Buffer.from(text, 'base64url').toString('latin1');
  const position: Record<string, readonly [number, number]> = {};
  for (const part of decoded.split('~')) {
    const [, writer, flush, ordinal] = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(part) ?? [];
    if (writer === undefined)
      throw wrongField('Last-Event-ID', 'expected the id of an event', text);
    position[writer] = [Number(flush), Number(ordinal)];
  }
  return position;
}

/** Whether everything up to `other` was seen at `position`. */
export function covers(position: StreamPosition, other: StreamPosition): boolean {
  return Object.entries(other).every(([writer, [flush, ordinal]]) => {
    const [seenFlush, seenOrdinal] = position[writer] ?? [-1, -1];
    return flush < seenFlush || (flush === seenFlush && ordinal <= seenOrdinal);
  });
}

/** Where both were seen. */
export function merge(one: StreamPosition, other: StreamPosition): StreamPosition {
  const merged: Record<string, readonly [number, number]> = { ...one };
  for (const [writer, at] of Object.entries(other)) {
    if (!covers(merged, { [writer]: at })) merged[writer] = at;
  }
  return merged;
}
