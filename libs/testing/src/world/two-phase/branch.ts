import type { Direction, Reply } from '@skald/core';

/** The row that a participant's barrier shows to others. */
export interface BranchRow {
  readonly is: 'committed' | 'read-only' | 'refused' | 'barred';
  readonly reply: Reply;
  /** A human finished it without waiting for the decision. */
  readonly isByHand?: boolean;
}

/**
 * What a participant's database has of one branch in one round. Until a branch is decided its row is
 * either invisible (prepared transaction) or says that something is reserved (TCC): `isHeld`.
 */
export interface Branch {
  /** A handler is at work in a database transaction that nobody sees, and that dies with its process. */
  readonly isUnderWay: boolean;
  readonly isHeld: boolean;
  readonly row: BranchRow | undefined;
}

/** What the handler made of its part. */
export type Work = 'yes' | 'no' | 'read-only' | 'fails';

/** What happens to the participant's own data; the ledger is told. */
export type BranchEffect = 'hold' | 'pass' | 'apply' | 'release' | 'shut';

/** A branch after something happened to it. */
export interface BranchStep {
  readonly branch: Branch;
  readonly effect?: BranchEffect;
  /** Undefined while nothing can be said: `conclude` will. */
  readonly reply?: Reply;
  /** What is left instead if the process dies half-way: the two database transactions of an abort. */
  readonly halfway?: Branch;
}

/** What a branch is told that does not decide alone. */
export type Asked = Extract<Direction, 'prepare' | 'commit' | 'abort'>;

/** Whether it is a direction of branches. */
export function isAsked(direction: Direction): direction is Asked {
  return direction === 'prepare' || direction === 'commit' || direction === 'abort';
}

/** How a participant keeps a branch undecided. */
export type Resource = 'prepared' | 'reserved';

export const UNTOUCHED: Branch = { isUnderWay: false, isHeld: false, row: undefined };

const YES: Reply = { outcome: 'succeeded', reply: {}, vote: 'commit' };
const READ_ONLY: Reply = { outcome: 'succeeded', reply: {}, vote: 'read-only' };
const NO: Reply = { outcome: 'rejected', reason: 'no' };
const LATE: Reply = { outcome: 'rejected', reason: 'late-action' };
const DONE: Reply = { outcome: 'succeeded', reply: {} };
const HAZARD: Reply = { outcome: 'hazard' };
const UNDER_WAY: Reply = { outcome: 'failed', reason: 'prepare-under-way' };
const TROUBLE: Reply = { outcome: 'failed', reason: 'unavailable' };

const BARRED: BranchRow = { is: 'barred', reply: LATE };

/**
 * The barrier of branches as a pure function: what the participant SDK does in SQL (DESIGN section 7,
 * prepared resources; TCC: prepare = try, commit = confirm, abort = cancel).
 *
 * B1  A vote commit is given only while the branch is held, or once it is committed.
 * B2  An abort is answered as done only when nothing is held and nothing ever will be: it leaves a row.
 * B3  A commit that finds nothing held and nothing committed is `hazard`, never a success, and bars it.
 * B4  Who finds a handler at work learns nothing and is told so.
 */
export function arrive(branch: Branch, direction: Asked, resource: Resource): BranchStep {
  if (branch.isUnderWay) return { branch, reply: UNDER_WAY };
  switch (direction) {
    case 'prepare':
      return onPrepare(branch);
    case 'commit':
      return onCommit(branch);
    case 'abort':
      return onAbort(branch, resource);
  }
}

function onPrepare(branch: Branch): BranchStep {
  if (branch.isHeld) return { branch, reply: YES };
  if (branch.row) return { branch, reply: voteOf(branch.row) };
  return { branch: { ...branch, isUnderWay: true } };
}

function voteOf({ is, reply }: BranchRow): Reply {
  return is === 'committed' ? YES : reply;
}

/** The handler is through with its work, if its process still lives. */
export function conclude(branch: Branch, work: Work): BranchStep {
  if (!branch.isUnderWay) return { branch };
  switch (work) {
    case 'yes':
      return { branch: { ...UNTOUCHED, isHeld: true }, effect: 'hold', reply: YES };
    case 'no':
      return { branch: withRow({ is: 'refused', reply: NO }), effect: 'shut', reply: NO };
    case 'read-only':
      return {
        branch: withRow({ is: 'read-only', reply: READ_ONLY }),
        effect: 'pass',
        reply: READ_ONLY,
      };
    case 'fails':
      return { branch: UNTOUCHED, reply: TROUBLE };
  }
}

/** The process dies: what was under way is gone, what was prepared is not. */
export function die(branch: Branch): Branch {
  return { ...branch, isUnderWay: false };
}

function onCommit(branch: Branch): BranchStep {
  const { isHeld, row } = branch;
  if (isHeld) {
    return { branch: withRow({ is: 'committed', reply: DONE }), effect: 'apply', reply: DONE };
  }
  if (row?.isByHand) return { branch, reply: heuristicOf(row) };
  if (row?.is === 'committed' || row?.is === 'read-only') return { branch, reply: DONE };
  if (row) return { branch, reply: HAZARD };
  return { branch: withRow(BARRED), effect: 'shut', reply: HAZARD };
}

function onAbort(branch: Branch, resource: Resource): BranchStep {
  const { isHeld, row } = branch;
  if (row?.is === 'committed' || row?.isByHand) return { branch, reply: heuristicOf(row) };
  if (row) return { branch, reply: DONE };
  const barred = { branch: withRow(BARRED), reply: DONE };
  if (!isHeld) return { ...barred, effect: 'shut' };
  // A prepared transaction is rolled back first, and barred in a database transaction of its own.
  return { ...barred, effect: 'release', ...(resource === 'prepared' && { halfway: UNTOUCHED }) };
}

function heuristicOf({ is }: BranchRow): Reply {
  return { outcome: is === 'committed' ? 'heuristic-commit' : 'heuristic-abort' };
}

/** A human finishes what is held, and the barrier remembers that it was one. */
export function finishByHand(branch: Branch, decision: 'commit' | 'abort'): Branch {
  if (!branch.isHeld) return branch;
  const row = decision === 'commit' ? { is: 'committed' as const, reply: DONE } : BARRED;
  return withRow({ ...row, isByHand: true });
}

/**
 * The only branch decides by itself: body and barrier row in one database transaction.
 *
 * @param run The handler, called at most once.
 */
export function decideAlone(branch: Branch, run: () => Work): BranchStep {
  const { row } = branch;
  if (row?.is === 'committed') return { branch, reply: DONE };
  if (row) return { branch, reply: row.reply };
  switch (run()) {
    case 'yes':
    case 'read-only':
      return { branch: withRow({ is: 'committed', reply: DONE }), effect: 'apply', reply: DONE };
    case 'no':
      return { branch: withRow({ is: 'refused', reply: NO }), effect: 'shut', reply: NO };
    case 'fails':
      return { branch, reply: TROUBLE };
  }
}

function withRow(row: BranchRow): Branch {
  return { ...UNTOUCHED, row };
}
