import { asTransactionId } from '../ids.js';

/** CloudEvents type of a participant's report, on its topic of replies. */
export const PREPARED_TYPE = 'skald.prepared.v1';
/** CloudEvents type of an operator's order, on a participant's topic of commands. */
export const RESOLVE_TYPE = 'skald.resolve.v1';

/** Locks that a prepared transaction holds on one table. */
export interface HeldLock {
  readonly relation: string;
  readonly mode: string;
  readonly count: number;
}

/** One prepared transaction at a participant. */
export interface PreparedItem {
  /** What names it at the participant. Opaque to others. */
  readonly gid: string;
  readonly transaction: string;
  /** Its `skaldstep`. */
  readonly step: string;
  /** RFC 3339. */
  readonly preparedAt: string;
  readonly ageMs: number;
  readonly locks: readonly HeldLock[];
}

/** What a participant has prepared, oldest first. */
export interface PreparedReport {
  readonly participant: string;
  /** How many its database server can hold altogether, and how many are held by all databases of it. */
  readonly maxPrepared: number;
  readonly used: number;
  readonly items: readonly PreparedItem[];
}

/** An operator's order to finish one prepared transaction, against or without the coordinator's decision. */
export interface ResolveOrder {
  readonly gid: string;
  readonly outcome: 'commit' | 'abort';
  readonly by: string;
  readonly reason: string;
}

/** What became of an order. `already-…`: it was finished before. */
export interface Resolved {
  readonly gid: string;
  readonly outcome: ResolveOrder['outcome'];
  readonly result: `${'heuristic' | 'already'}-${ResolveOrder['outcome']}`;
}

const MAX_TEXT = 2_000;

/** The order in `data` (already parsed JSON), or undefined when it is none. Never throws. */
export function asResolveOrder(data: unknown): ResolveOrder | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { gid, outcome, by, reason } = data as Record<string, unknown>;
  if (outcome !== 'commit' && outcome !== 'abort') return undefined;
  if (!isText(gid) || !isText(by) || !isText(reason)) return undefined;
  return { gid, outcome, by, reason };
}

/** The report in `data` (already parsed JSON), or undefined when it is none. Never throws. */
export function asPreparedReport(data: unknown): PreparedReport | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { participant, maxPrepared, used, items } = data as Record<string, unknown>;
  if (!isText(participant) || !isCount(maxPrepared) || !isCount(used)) return undefined;
  if (!Array.isArray(items)) return undefined;
  const read = items.map(asItem);
  if (!read.every((item) => item !== undefined)) return undefined;
  return { participant, maxPrepared, used, items: read };
}

function asItem(data: unknown): PreparedItem | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { gid, transaction, step, preparedAt, ageMs, locks } = data as Record<string, unknown>;
  if (!isText(gid) || !isText(step) || !isText(preparedAt) || !isText(transaction))
    return undefined;
  if (asTransactionId(transaction) === undefined || Number.isNaN(Date.parse(preparedAt))) {
    return undefined;
  }
  if (!isCount(ageMs) || !Array.isArray(locks)) return undefined;
  const read = locks.map(asLock);
  if (!read.every((lock) => lock !== undefined)) return undefined;
  return { gid, transaction, step, preparedAt, ageMs, locks: read };
}

function asLock(data: unknown): HeldLock | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { relation, mode, count } = data as Record<string, unknown>;
  return isText(relation) && isText(mode) && isCount(count) ? { relation, mode, count } : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0;
}
