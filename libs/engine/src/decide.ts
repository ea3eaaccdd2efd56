import {
  CoordinatorError,
  toHistory,
  withOneMore,
  type AnyState,
  type AnyTransaction,
  type Effect,
  type Event,
  type HistoryEntry,
  type Transition,
} from '@skald/core';
import { rowOf, type Live, type Work } from './live.js';
import type { AuditEntry, Sleep, StartRecord, UpdateRecord } from './ports/store.js';

/** What one transaction brings to a group commit: everything decided, nothing done yet. */
export interface Decided {
  readonly live: Live;
  readonly next: AnyTransaction;
  /** Undefined when there is nothing to store: every event was absorbed or refused. */
  readonly start: StartRecord | undefined;
  readonly update: UpdateRecord | undefined;
  /** The works that this commit settles, and those that were refused. */
  readonly works: readonly Work[];
  readonly refused: readonly Refused[];
  /** Commands that have to leave after the commit. */
  readonly sends: readonly Sent[];
  /** What an operator should hear of once it is stored. */
  readonly alarm: string | undefined;
  readonly sleep: Sleep | null;
}

export type Sent = Pick<Effect, 'step' | 'direction'>;

export interface Refused {
  readonly work: Work;
  readonly error: CoordinatorError;
  readonly audit: AuditEntry | undefined;
}

interface Draft {
  transaction: AnyTransaction;
  history: readonly HistoryEntry[];
  works: readonly Work[];
  refused: readonly Refused[];
  sends: readonly Sent[];
  alarm: string | undefined;
  audit: AuditEntry | undefined;
}

const NONE: readonly never[] = [];

/**
 * Runs the queued events of one transaction through its machine, in order, and says what to commit.
 *
 * E1  An exception in a machine or mapping costs that transaction only: it is parked.
 * E2  A row is written at most once per group commit, from the version it was decided on.
 */
export function decide(live: Live, sleepAfterMs: number): Decided {
  const draft: Draft = {
    transaction: live.transaction,
    history: NONE,
    works: NONE,
    refused: NONE,
    sends: NONE,
    alarm: undefined,
    audit: undefined,
  };
  const startWork = live.isStarting ? live.queue.shift() : undefined;
  if (startWork) draft.works = [startWork];
  while (live.queue.length > 0) {
    const work = live.queue[0];
    if (!work?.event || (work.isAudited && draft.audit)) break; // One audit row per commit.
    live.queue.shift();
    apply(live, draft, work, work.event);
  }
  return toDecided(live, draft, { startWork, sleepAfterMs });
}

function apply(live: Live, draft: Draft, work: Work, event: Event): void {
  const { transaction } = draft;
  if (work.ifVersion !== undefined && work.ifVersion !== transaction.version) {
    const detail = `you saw version ${work.ifVersion}; it is at version ${transaction.version} now`;
    refuse(draft, work, { code: 'VERSION_MISMATCH', detail });
    return;
  }
  const result = run(live, transaction, event);
  if (result.refusal !== undefined) {
    refuse(draft, work, {
      code: 'STATE_FORBIDS',
      detail: `${transaction.status}: ${result.refusal}`,
    });
    return;
  }
  draft.works = withOneMore(draft.works, work);
  if (work.isAudited)
    draft.audit = auditOf(work, transaction, { result: 'done', next: result.next });
  if (result.next === transaction) return;
  const { status, seq, version } = result.next;
  const entry = toHistory(event, { status, seq, version, produced: result.produced });
  draft.history = withOneMore(draft.history, entry);
  draft.transaction = result.next;
  draft.sends = result.effects;
  if (result.alarm !== undefined) draft.alarm = result.alarm;
}

function run(live: Live, transaction: AnyTransaction, event: Event): Transition<AnyState> {
  try {
    return live.machine.transition(live.definition, transaction, event);
  } catch (error) {
    const detail = String(error);
    const parking = {
      type: 'park-requested',
      at: event.at,
      reason: 'invariant-broken',
      detail,
    } as const;
    return live.machine.transition(live.definition, transaction, parking);
  }
}

function refuse(
  draft: Draft,
  work: Work,
  { code, detail }: { code: 'VERSION_MISMATCH' | 'STATE_FORBIDS'; detail: string },
): void {
  const error = new CoordinatorError(code, detail);
  // Its batch comes back to it.
  const isPassedOver = work.batch !== undefined && code === 'VERSION_MISMATCH';
  const audit =
    work.isAudited && !isPassedOver
      ? auditOf(work, draft.transaction, { result: `refused: ${code}`, next: undefined })
      : undefined;
  draft.refused = withOneMore(draft.refused, { work, error, audit });
}

/** `cancel-requested` → `cancel`. */
function auditOf(
  { event, batch }: Work,
  before: AnyTransaction,
  { result, next }: { result: string; next: AnyTransaction | undefined },
): AuditEntry | undefined {
  if (!event || !('by' in event)) return undefined;
  const { type, at, by, reason, ...rest } = event;
  const data = { ...rest, ...(batch !== undefined && { batch }) };
  return {
    at,
    actor: by,
    action: type.replace('-requested', ''),
    object: before.id,
    expectedVersion: before.version,
    newVersion: next?.version ?? null,
    reason,
    result,
    data: Object.keys(data).length > 0 ? JSON.stringify(data) : null,
  };
}

function toDecided(
  live: Live,
  draft: Draft,
  { startWork, sleepAfterMs }: { startWork: Work | undefined; sleepAfterMs: number },
): Decided {
  const { transaction: next, history, works, refused, alarm, audit } = draft;
  if (startWork) {
    // A start may already have been followed by an order of its operator; its own command leaves too.
    const entries = live.startEntry ? [live.startEntry, ...history] : history;
    const start = { started: live.started, row: rowOf(live, next, null), history: entries };
    const sends = live.commands();
    return { live, next, works, refused, sends, alarm, start, update: undefined, sleep: null };
  }
  if (next === live.transaction) {
    const update = audit && auditOnly(live, audit);
    return {
      live,
      next,
      works,
      refused,
      sends: NONE,
      alarm,
      start: undefined,
      update,
      sleep: null,
    };
  }
  const sleep = draft.sends.length > 0 ? null : sleepOf(live, next, sleepAfterMs);
  const update: UpdateRecord = {
    id: next.id,
    expectedVersion: live.transaction.version,
    row: rowOf(live, next, sleep),
    history,
    audit,
  };
  const { sends } = draft;
  return { live, next, works, refused, sends, alarm, start: undefined, update, sleep };
}

/** An act that changed nothing (a repeated cancel) is audited all the same; its write moves the version. */
function auditOnly(live: Live, audit: AuditEntry): UpdateRecord {
  const { transaction } = live;
  const row = rowOf(live, { ...transaction, version: transaction.version + 1 }, null);
  return { id: transaction.id, expectedVersion: transaction.version, row, history: [], audit };
}

function sleepOf(live: Live, next: AnyTransaction, sleepAfterMs: number): Sleep | null {
  const until = live.machine.dueAt(next);
  if (!Number.isFinite(until) || until - next.updatedAt <= sleepAfterMs) return null;
  const commands = live.machine.pendingCommands(live.definition, next);
  const first = commands.find(({ resendAt }) => resendAt <= until) ?? commands[0];
  return first ? { waitingFor: first.participant, until } : null;
}
