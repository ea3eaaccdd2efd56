import { waitMsAfter, type RetryPolicy } from '../retry.js';
import { cut, type Failure } from '../trouble.js';
import type { Direction } from '../transaction.js';
import { isVote, type Reply } from '../wire/reply.js';
import {
  decisionOf,
  directionOf,
  FRESH,
  MAX_BRANCH_REASON_CHARS,
  mayBeAborted,
  type BranchState,
  type Decision,
  type GroupDefinition,
  type GroupState,
  type Stop,
} from './group-state.js';

/** Why a group is aborted. */
export interface Cause {
  /** Index of the branch; null for a cancel or the deadline. */
  readonly branch: number | null;
  readonly outcome: Failure['outcome'];
  readonly reason: string;
  readonly detail?: string;
}

/** The group as it is, and the time of what happens to it. */
export interface GroupMove {
  readonly definition: GroupDefinition;
  readonly group: GroupState;
  readonly at: number;
}

/** What became of a group, and what has to follow. */
export interface GroupChange {
  readonly group: GroupState;
  /** Indexes of the branches to ask now. */
  readonly asks: readonly number[];
  /** The branch that brought its reply, */
  readonly replied?: number;
  /** and that reply. */
  readonly reply?: unknown;
  /** Why it is aborted for good. */
  readonly cause?: Cause;
  readonly alarm?: string;
}

/** An answer to one command of a branch, or (`reply` undefined) none in the time it had. */
export interface BranchAnswer {
  readonly direction: Direction;
  readonly attempt: number;
  readonly reply: Reply | undefined;
  readonly entropy: number;
}

/** Told so often in vain, a branch is in doubt and an operator hears of it. */
export const IN_DOUBT_AFTER = 20;
/** The pause before the next round, by its number. */
const BETWEEN_ROUNDS: RetryPolicy = { maxAttempts: 1, initialMs: 200, factor: 2, capMs: 5_000 };

/** The first round: every branch is asked at once. One alone is not asked to prepare, but to decide. */
export function beginGroup(
  definition: GroupDefinition,
  { at, deadline }: { readonly at: number; readonly deadline: number },
): GroupState {
  return {
    phase: 'preparing',
    round: 1,
    isDelegated: definition.branches.length === 1,
    mayTryAgain: false,
    decidedAt: null,
    deadline,
    branches: definition.branches.map(({ command }) => ({
      ...FRESH,
      resendAt: at + command.timeoutMs,
    })),
  };
}

/** What an answer, or its absence, makes of the group; undefined when it changes nothing. */
export function answer(
  move: GroupMove,
  index: number,
  { direction, attempt, reply = NO_ANSWER, entropy }: BranchAnswer,
): GroupChange | undefined {
  const { group } = move;
  const branch = group.branches[index];
  if (branch?.resendAt == null || direction !== directionOf(group)) return undefined;
  // A failure is only that of its own attempt.
  if (reply.outcome === 'failed' && attempt !== branch.attempt) return undefined;
  const heard: Heard = { index, branch, reply, entropy };
  if (direction === 'prepare') return onVote(move, heard);
  if (direction === 'commit' || direction === 'abort') {
    return onAcknowledgement(move, heard, direction);
  }
  return onDelegated(move, heard);
}

const NO_ANSWER: Reply = { outcome: 'failed', reason: 'timeout' };

/** What was heard of a branch that is asked something. */
interface Heard {
  readonly index: number;
  readonly branch: BranchState;
  readonly reply: Reply;
  readonly entropy: number;
}

/** Nothing more is waited for: the group is aborted, unless that is not for us to say any more. */
export function giveUp(move: GroupMove, cause: Cause): GroupChange | undefined {
  const { group } = move;
  if (!mayBeAborted(group)) return undefined;
  if (group.phase === 'preparing') return abort(move, cause, false);
  // The round is being aborted already: now it is for good.
  return { group: { ...group, mayTryAgain: false }, asks: [], cause };
}

/** Asks all that is open again at once; of what stopped, all that does not contradict the decision. */
export function askAgain({ definition, group, at }: GroupMove): GroupChange {
  const asks: number[] = [];
  const branches = group.branches.map((branch, index) => {
    const mayAskAgain = branch.stop !== null && branch.stop !== 'heuristic-mixed';
    const isOpen = branch.resendAt !== null || mayAskAgain;
    if (!isOpen) return branch;
    asks.push(index);
    const { heuristic } = branch;
    const kept = { ...branch, stop: null, heuristic: heuristic === 'hazard' ? null : heuristic };
    return { ...kept, resendAt: at + timeoutOf(definition, index) };
  });
  return { group: { ...group, branches }, asks };
}

/** Takes a human's word for what became of a branch. */
export function resolveBranch(
  move: GroupMove,
  index: number,
  heuristic: Decision,
): GroupChange | undefined {
  const { group } = move;
  const branch = group.branches[index];
  const decision = decisionOf(group);
  if (!branch || branch.isAcknowledged || !needsTelling(branch)) return undefined;
  if (branch.stop === 'heuristic-mixed') return undefined; // No word makes that a success.
  if (group.isDelegated && decision === null) {
    const cause: Cause = { branch: index, outcome: 'rejected', reason: 'resolved-as-abort' };
    const known = { ...branch, heuristic, stop: null, resendAt: null };
    return decideDelegated(
      move,
      { ...known, isAcknowledged: true },
      { decision: heuristic, cause },
    );
  }
  if (decision === null) return undefined;
  return settled(move, index, told(branch, decision, heuristic));
}

function onVote(move: GroupMove, { index, reply, entropy }: Heard): GroupChange {
  const fail = (reason: string): Cause => ({ branch: index, outcome: 'failed', reason });
  switch (reply.outcome) {
    case 'succeeded':
      // A yes that is no vote may have been carried out at once: it is aborted, and told so.
      if (!isVote(reply.vote)) return abort(move, fail('protocol-error'), false);
      return count(vote(move, index, { vote: reply.vote }), index, reply.reply);
    case 'rejected': {
      const { reason, detail } = reply;
      const cause: Cause = {
        branch: index,
        outcome: 'rejected',
        reason,
        ...(detail !== undefined && { detail }),
      };
      return abort(vote(move, index, { vote: 'abort', reason }), cause, false);
    }
    case 'failed':
      if (reply.misconfigured)
        return abort(noted(move, index, reply.reason), fail(reply.reason), false);
      return onAttemptFailed(move, index, { ...reply, entropy });
    case 'heuristic-commit':
      return count(vote(move, index, { vote: 'commit', heuristic: 'commit' }), index);
    case 'heuristic-abort':
      return abort(
        vote(move, index, { vote: 'abort', heuristic: 'abort', reason: reply.outcome }),
        fail(reply.outcome),
        false,
      );
    case 'barred':
    case 'expired':
      // Nothing is prepared there, and nothing ever will be under this key.
      return abort(
        vote(move, index, { vote: 'abort', reason: reply.outcome }),
        fail(reply.outcome),
        false,
      );
    case 'hazard':
      return abort(move, fail(reply.outcome), false);
  }
}

function vote(move: GroupMove, index: number, change: Partial<BranchState>): GroupMove {
  const { group } = move;
  const reason = change.reason == null ? null : cut(change.reason, MAX_BRANCH_REASON_CHARS);
  return {
    ...move,
    group: withBranch(group, index, (branch) => ({ ...branch, ...change, reason, resendAt: null })),
  };
}

function noted(move: GroupMove, index: number, reason: string): GroupMove {
  const text = cut(reason, MAX_BRANCH_REASON_CHARS);
  return {
    ...move,
    group: withBranch(move.group, index, (branch) => ({ ...branch, reason: text })),
  };
}

function withBranch(
  group: GroupState,
  index: number,
  change: (branch: BranchState) => BranchState,
): GroupState {
  const branches = group.branches.map((branch, at) => (at === index ? change(branch) : branch));
  return { ...group, branches };
}

/** A yes was counted. The last one is the decision, fixed before anyone is told of it. */
function count(move: GroupMove, index: number, reply?: unknown): GroupChange {
  const { group } = move;
  const isReadOnly = group.branches[index]?.vote === 'read-only';
  const replied = isReadOnly ? { replied: index, reply } : {};
  const areAll = group.branches.every(({ vote: given }) => isVote(given));
  if (!areAll) return { group, asks: [], ...replied };
  return { ...tell(move, 'committing'), ...replied };
}

/** Fixes the decision of this round as abort. */
function abort(move: GroupMove, cause: Cause, mayTryAgain: boolean): GroupChange {
  const { group } = move;
  const change = tell({ ...move, group: { ...group, mayTryAgain } }, 'aborting');
  return mayTryAgain ? change : { ...change, cause };
}

/** Decides, and tells all who may hold something. */
function tell({ definition, group, at }: GroupMove, phase: 'committing' | 'aborting'): GroupChange {
  const asks: number[] = [];
  const branches = group.branches.map((branch, index) => {
    if (!needsTelling(branch)) return { ...branch, resendAt: null };
    asks.push(index);
    return { ...branch, attempt: 1, resendAt: at + timeoutOf(definition, index) };
  });
  const decided = { ...group, phase, decidedAt: at, branches };
  if (asks.length > 0) return { group: decided, asks };
  return { group: { ...decided, phase: phase === 'committing' ? 'committed' : 'aborted' }, asks };
}

/** A branch that voted abort or read-only has let go already. */
function needsTelling({ vote: given }: BranchState): boolean {
  return given === 'commit' || given === null;
}

function timeoutOf({ branches }: GroupDefinition, index: number): number {
  return branches[index]?.command.timeoutMs ?? 0;
}

interface Failed {
  readonly reason: string;
  readonly retryAfterMs?: number;
  readonly entropy: number;
}

/** Asks again by backoff, until this round's attempts are used up: then it is aborted, maybe to be tried anew. */
function onAttemptFailed(move: GroupMove, index: number, failed: Failed): GroupChange {
  const { definition, group, at } = move;
  const attempt = group.branches[index]?.attempt ?? 1;
  const policy = definition.branches[index]?.command.retry;
  if (policy && attempt < policy.maxAttempts) return later(move, index, failed);
  const mayTryAgain = group.round < definition.maxRounds && at < group.deadline;
  const { reason } = failed;
  const detail = `after ${attempt} attempts in round ${group.round}`;
  const cause: Cause = { branch: index, outcome: 'failed', reason, detail };
  return abort(noted(move, index, reason), cause, mayTryAgain); // The branch itself has to be told.
}

function later(move: GroupMove, index: number, failed: Failed): GroupChange {
  const { definition, group, at } = move;
  const policy = definition.branches[index]?.command.retry ?? BETWEEN_ROUNDS;
  const reason = cut(failed.reason, MAX_BRANCH_REASON_CHARS);
  const next = withBranch(group, index, (branch) => {
    const waitMs = waitMsAfter(policy, branch.attempt, { error: failed, entropy: failed.entropy });
    return { ...branch, attempt: branch.attempt + 1, resendAt: at + waitMs, reason };
  });
  return { group: next, asks: [] };
}

function onAcknowledgement(
  move: GroupMove,
  { index, branch, reply, entropy }: Heard,
  decision: Decision,
): GroupChange {
  const isCommit = decision === 'commit';
  switch (reply.outcome) {
    case 'succeeded': {
      const change = settled(move, index, acknowledged(branch, decision), entropy);
      return isCommit ? { ...change, replied: index, reply: reply.reply } : change;
    }
    case 'heuristic-commit':
      return settled(move, index, told(branch, decision, 'commit'), entropy);
    case 'heuristic-abort':
      return settled(move, index, told(branch, decision, 'abort'), entropy);
    case 'barred':
    case 'hazard':
    case 'expired':
      if (isCommit) return settled(move, index, lost(branch, reply.outcome), entropy);
      // Nothing is there, and nothing can come.
      return settled(move, index, acknowledged(branch, decision), entropy);
    case 'rejected':
      return settled(move, index, stopped(branch, 'in-doubt', reply.reason), entropy);
    case 'failed':
      return toldInVain(move, index, { ...reply, entropy });
  }
}

/** What it did by itself before, as its vote told, is not forgotten. */
function acknowledged(branch: BranchState, decision: Decision): BranchState {
  const { heuristic } = branch;
  if (heuristic === 'commit' || heuristic === 'abort') return told(branch, decision, heuristic);
  return { ...branch, isAcknowledged: true, resendAt: null, isInDoubt: false };
}

/** The branch after a decision of its own. */
function told(branch: BranchState, decision: Decision, heuristic: Decision): BranchState {
  const own = { ...branch, heuristic, resendAt: null, isInDoubt: false };
  if (heuristic === decision) return { ...own, isAcknowledged: true, stop: null };
  return { ...own, stop: 'heuristic-mixed', reason: `heuristic-${heuristic}` };
}

/** It voted commit, and knows nothing of it any more. */
function lost(branch: BranchState, reason: 'barred' | 'hazard' | 'expired'): BranchState {
  const stop = reason === 'expired' ? 'barrier-expired' : 'heuristic-mixed';
  return { ...stopped(branch, stop, reason), heuristic: 'hazard' };
}

function stopped(branch: BranchState, stop: Stop, reason: string): BranchState {
  return {
    ...branch,
    stop,
    resendAt: null,
    isInDoubt: false,
    reason: cut(reason, MAX_BRANCH_REASON_CHARS),
  };
}

/** One branch less to tell. After the last one the group is at its end, or at the next round. */
function settled(move: GroupMove, index: number, branch: BranchState, entropy = 1): GroupChange {
  const group = withBranch(move.group, index, () => branch);
  const isOpen = group.branches.some(({ resendAt, stop }) => resendAt !== null || stop !== null);
  if (isOpen) {
    const areAllTold = group.branches.every(({ resendAt }) => resendAt === null);
    if (!areAllTold || !group.mayTryAgain) return { group, asks: [] };
    // One that stopped is for a human: no other round follows.
    const reason = group.branches.find(({ stop }) => stop !== null)?.reason ?? 'in-doubt';
    const cause: Cause = { branch: index, outcome: 'failed', reason };
    return { group: { ...group, mayTryAgain: false }, asks: [], cause };
  }
  if (group.phase === 'committing') return { group: { ...group, phase: 'committed' }, asks: [] };
  return afterAbort({ group: { ...group, phase: 'aborted' }, asks: [] }, move, entropy);
}

/** Every abort of a round is acknowledged: the next one, after a pause, if it may be tried again. */
function afterAbort(change: GroupChange, { at }: GroupMove, entropy: number): GroupChange {
  const { group } = change;
  if (group.phase !== 'aborted' || !group.mayTryAgain) return change;
  const waitMs = waitMsAfter(BETWEEN_ROUNDS, group.round, { error: {}, entropy });
  const branches = group.branches.map(({ reason }) => ({
    ...FRESH,
    reason,
    resendAt: at + waitMs,
  }));
  const next: GroupState = {
    ...group,
    phase: 'preparing',
    round: group.round + 1,
    mayTryAgain: false,
    decidedAt: null,
    branches,
  };
  return { group: next, asks: [] };
}

/** The decision stands: it is told again, at the capped backoff, for as long as it takes. */
function toldInVain(move: GroupMove, index: number, failed: Failed): GroupChange {
  const { definition, group } = move;
  const attempt = group.branches[index]?.attempt ?? 1;
  const change = later(move, index, failed);
  const isNew = attempt >= IN_DOUBT_AFTER && group.branches[index]?.isInDoubt === false;
  if (!isNew) return change;
  const name = definition.branches[index]?.name ?? '';
  return {
    group: withBranch(change.group, index, (branch) => ({ ...branch, isInDoubt: true })),
    asks: [],
    alarm: `branch ${name} is in doubt: no answer to ${directionOf(group) ?? ''} after ${attempt} tries`,
  };
}

function onDelegated(move: GroupMove, { index, branch, reply, entropy }: Heard): GroupChange {
  const decided: BranchState = {
    ...branch,
    isAcknowledged: true,
    resendAt: null,
    isInDoubt: false,
  };
  const decide = (
    decision: Decision,
    why?: Omit<Cause, 'branch'>,
    change: Partial<BranchState> = {},
  ) =>
    decideDelegated(
      move,
      { ...decided, ...change },
      {
        decision,
        cause: { branch: index, ...(why ?? { outcome: 'failed', reason: 'abort' }) },
      },
    );
  switch (reply.outcome) {
    case 'succeeded':
      return { ...decide('commit'), replied: index, reply: reply.reply };
    case 'rejected':
      return decide('abort', reply);
    case 'barred':
      return decide('abort', { outcome: 'failed', reason: 'barred' });
    case 'heuristic-commit':
      return decide('commit', undefined, { heuristic: 'commit' });
    case 'heuristic-abort':
      return decide('abort', { outcome: 'failed', reason: reply.outcome }, { heuristic: 'abort' });
    case 'failed':
      return toldInVain(move, index, { ...reply, entropy });
    case 'expired':
      return settled(move, index, stopped(branch, 'barrier-expired', reply.outcome));
    case 'hazard':
      return settled(move, index, stopped(branch, 'in-doubt', reply.outcome));
  }
}

/** The branch's own outcome is the decision. */
function decideDelegated(
  { group, at }: GroupMove,
  branch: BranchState,
  { decision, cause }: { readonly decision: Decision; readonly cause: Cause },
): GroupChange {
  const isCommit = decision === 'commit';
  const reason = isCommit ? null : cut(cause.reason, MAX_BRANCH_REASON_CHARS);
  const own: BranchState = { ...branch, vote: decision, reason };
  const next: GroupState = {
    ...group,
    phase: isCommit ? 'committed' : 'aborted',
    decidedAt: at,
    branches: [own],
  };
  return { group: next, asks: [], ...(!isCommit && { cause }) };
}
