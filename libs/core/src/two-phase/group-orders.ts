import type { OperatorEvent } from '../transaction.js';
import { cut, MAX_DETAIL_CHARS, type Parked } from '../trouble.js';
import { resolveBranch, type GroupChange, type GroupMove } from './group.js';
import { decisionOf } from './group-state.js';

type ResolveRequested = Extract<OperatorEvent, { readonly type: 'resolve-requested' }>;

/** What a human's word about a branch comes to. `noticed`: a contradiction was taken notice of. */
export type Resolution =
  { readonly change: GroupChange } | { readonly refusal: string } | { readonly noticed: Parked };

/** Why nothing can be asked again. */
export const CONTRADICTED = 'a branch contradicts the decision: resolve acknowledges that';

/** Takes a human's word for a branch, or notice of a contradiction, which no word makes a success. */
export function resolveGroup(
  move: GroupMove,
  parked: Parked | null,
  event: ResolveRequested,
): Resolution {
  const { definition, group } = move;
  const { branch: named } = event;
  const index = definition.branches.findIndex(({ name }) => name === named);
  const isMixed = group.branches[index]?.stop === 'heuristic-mixed' || named === undefined;
  if (parked?.reason === 'heuristic-mixed' && isMixed) {
    return { noticed: { ...parked, isAcknowledged: true } };
  }
  if (named === undefined) {
    return { refusal: 'say of which "branch", and what became of it as "heuristic"' };
  }
  return resolveOne(move, { index, event, isParked: parked !== null });
}

function resolveOne(
  move: GroupMove,
  on: {
    readonly index: number;
    readonly event: ResolveRequested;
    readonly isParked: boolean;
  },
): Resolution {
  const { index, event, isParked } = on;
  const name = cut(event.branch, MAX_DETAIL_CHARS);
  if (index < 0) return { refusal: `it has no branch ${name}` };
  const { heuristic } = event;
  if (!isDecision(heuristic)) return { refusal: 'the heuristic is neither commit nor abort' };
  if (decisionOf(move.group) === null && !isParked)
    return { refusal: 'nothing is decided yet: cancel it, or wait for its deadline' };
  const change = resolveBranch(move, index, heuristic);
  return change ? { change } : { refusal: `the outcome of branch ${name} is known` };
}

function isDecision(heuristic: unknown): heuristic is 'commit' | 'abort' {
  return heuristic === 'commit' || heuristic === 'abort';
}
