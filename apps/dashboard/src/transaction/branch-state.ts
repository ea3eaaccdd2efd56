import type { Branch, Transaction } from './transaction.js';

/** Where a branch of a two-phase transaction stands, in one word. */
export function branchStateOf(branch: Branch, decision: Transaction['decision']): string {
  const { heuristic, inDoubt, vote, acknowledged } = branch;
  if (heuristic !== null) return `heuristic-${heuristic}`;
  if (inDoubt) return 'in-doubt';
  if (vote === 'abort') return 'voted-abort';
  if (vote === 'read-only') return 'read-only';
  if (decision === 'commit') return acknowledged ? 'committed' : 'committing';
  if (decision === 'abort') return acknowledged ? 'aborted' : 'aborting';
  return vote === 'commit' ? 'prepared' : 'preparing';
}
