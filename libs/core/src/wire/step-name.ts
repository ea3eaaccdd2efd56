import { isName } from '../ids.js';

/** What a `skaldstep` names: a saga's step, or a branch of a two-phase transaction or of a saga's atomic step. */
export interface StepName {
  /** The saga's step; null for a branch. */
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
 * `skaldstep` of a command, taken apart: `<step>` or `<branch>.<round>`. Names have no dots, so that it is
 * never ambiguous. Undefined when `text` is none.
 */
export function parseStepName(text: string): StepName | undefined {
  const [name = '', round, ...rest] = text.split('.');
  if (!isName(name) || rest.length > 0) return undefined;
  if (round === undefined) return { step: name, branch: null, round: null };
  return ROUND.test(round) ? { step: null, branch: name, round: Number(round) } : undefined;
}

/** The `skaldstep` of a branch in its round. */
export function branchStepName(branch: string, round: number): string {
  return `${branch}.${round}`;
}

/** Whether `text` may be the `skaldstep` of a command. */
export function isStepName(text: string): boolean {
  return isName(text) || parseStepName(text) !== undefined;
}

/** Whether `text` names a branch in its round, and not a plain step. */
export function isBranchStep(text: string): boolean {
  return parseStepName(text)?.branch != null;
}
