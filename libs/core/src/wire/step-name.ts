import { isName } from '../ids.js';

/** What a `skaldstep` names: a saga's step, a branch of a two-phase transaction, or one of a group in a saga. */
export interface StepName {
  /** The saga's step; null for a branch of a two-phase transaction. */
  readonly step: string | null;
  /** Null for a plain step. */
  readonly branch: string | null;
  /** The prepare, decide and deliver cycle it belongs to, from 1; null for a plain step. */
  readonly round: number | null;
}

export const MAX_ROUND = 9_999;

/** Rounds are few, and short to write: a gid made of a step name stays below 200 bytes. */
const ROUND = /^[1-9]\d{0,3}$/;

/**
 * `skaldstep` of a command, taken apart: `<step>`, `<branch>.<round>` or `<step>.<branch>.<round>`. Names
 * have no dots, so that it is never ambiguous. Undefined when `text` is none.
 */
export function parseStepName(text: string): StepName | undefined {
  const parts = text.split('.');
  const round = parts.length > 1 ? parts.pop() : undefined;
  if (parts.length > 2 || !parts.every(isName)) return undefined;
  if (round === undefined) return { step: text, branch: null, round: null };
  if (!ROUND.test(round)) return undefined;
  const branch = parts.pop() ?? null;
  return { step: parts[0] ?? null, branch, round: Number(round) };
}

/** The `skaldstep` of a branch in its round, within the saga's step of that name if there is one. */
export function branchStepName(branch: string, round: number, step: string | null = null): string {
  return step === null ? `${branch}.${round}` : `${step}.${branch}.${round}`;
}

/** Whether `text` may be the `skaldstep` of a command. */
export function isStepName(text: string): boolean {
  return isName(text) || parseStepName(text) !== undefined;
}
