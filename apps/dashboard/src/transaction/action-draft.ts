import type { Branch, Step, Transaction } from './transaction.js';

/** What an operator fills in. */
export interface Draft {
  readonly reason: string;
  /** Of resolve: what became of the step it waits for. */
  readonly outcome: 'succeeded' | 'rejected';
  /** Of resolve: the branch it is about instead of a step, and what that did. */
  readonly branch: string | null;
  readonly heuristic: 'commit' | 'abort';
  /** JSON, of skip and resolve; empty = none. */
  readonly reply: string;
}

export type Resolvable = Pick<Transaction, 'protocol' | 'parked'> & {
  readonly decision?: Transaction['decision'] | undefined;
  readonly branches?: readonly Branch[] | undefined;
  readonly steps?: readonly Pick<Step, 'state' | 'branches'>[] | undefined;
};

/** The branches of which a human may say what became of them; none where a step is meant. */
export function branchesToResolve({
  protocol,
  parked,
  branches = [],
  steps = [],
}: Resolvable): readonly Branch[] {
  if (protocol === 'two-phase') return parked?.reason === 'mapping-failed' ? [] : branches;
  return steps.find(({ state, branches: own }) => own && state === 'running')?.branches ?? [];
}

/** A draft in which no reason is given yet. The branch is the one that contradicts, or is in doubt. */
export function emptyDraft(transaction: Resolvable): Draft {
  const branches = branchesToResolve(transaction);
  const branch =
    branches.find(({ heuristic }) => heuristic !== null) ??
    branches.find(({ inDoubt }) => inDoubt) ??
    branches.find(({ acknowledged }) => !acknowledged) ??
    branches[0];
  const { decision } = transaction;
  const did = branch?.heuristic ?? decision;
  const heuristic = did === 'commit' ? 'commit' : 'abort';
  return { reason: '', outcome: 'succeeded', branch: branch?.name ?? null, heuristic, reply: '' };
}

/** Whether a text is JSON or nothing. */
export function isReply(text: string): boolean {
  if (text.trim() === '') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
