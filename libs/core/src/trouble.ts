import type { ParkedReason, Status } from './transaction.js';

/** Why one attempt, or one command for good, did not succeed. */
export interface StepError {
  readonly outcome: 'rejected' | 'failed';
  readonly reason: string;
}

/** Why a transaction did not do what it was started for, as its caller learns it. */
export interface Failure {
  /** The step or branch that caused it; null for a cancel or the deadline. */
  readonly step: string | null;
  readonly participant: string | null;
  readonly operation: string | null;
  readonly outcome: 'rejected' | 'failed' | 'cancelled' | 'deadline-passed';
  readonly reason: string;
  readonly detail: string | null;
}

/** Where it stopped, and why a human is needed. */
export interface Parked {
  readonly reason: ParkedReason;
  readonly from: Status;
  readonly at: number;
  readonly detail: string | null;
  /** A human took notice of a contradiction. It stays parked all the same. */
  readonly isAcknowledged?: true;
}

/** How much of a reason and of a detail the state keeps; each costs its bytes in JSON, 1 for a letter. */
export const MAX_REASON_CHARS = 100;
export const MAX_DETAIL_CHARS = 300;

/** `text` cut to `max` bytes of JSON, without control characters or halves of characters. */
export function cut(text: unknown, max: number): string {
  if (typeof text !== 'string') return '';
  let kept = '';
  let left = max;
  for (const character of text) {
    const harmless = replaceHarmful(character);
    left -= bytesOf(harmless);
    if (left < 0) break;
    kept += harmless;
  }
  return kept;
}

function replaceHarmful(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return ' ';
  return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : character;
}

function bytesOf(character: string): number {
  if (character === '"' || character === '\\') return 2;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
