import type {
  Direction,
  EventType,
  HistoryEntry,
  Protocol,
  Status,
  TransactionId,
} from '@skald/core';
import type { StoredTransaction } from '@skald/engine';

/** A transaction without its history, as `TRANSACTION_COLUMNS` selects it. Times in ms. */
export interface TransactionRow {
  readonly id: TransactionId;
  readonly version: number;
  readonly seq: number;
  readonly owner: number;
  readonly due_at: number | null;
  readonly wake_at: number | null;
  readonly updated_at: number;
  readonly ended_at: number | null;
  readonly status: Status;
  readonly waiting_for: string | null;
  readonly state: string;
  readonly protocol: Protocol;
  readonly definition: string;
  readonly definition_version: number;
  readonly definition_hash: string;
  readonly started_at: number;
  readonly deadline: number;
  readonly request_hash: string;
  readonly started_by: string;
  readonly labels: Readonly<Record<string, string>> | null;
}

/** Of `transaction as t join transaction_start as s using (id)`. */
export const TRANSACTION_COLUMNS = `
  t.id, t.version, t.seq, t.owner, t.due_at, t.wake_at, t.updated_at, t.ended_at, t.status,
  t.waiting_for, t.state, s.protocol, s.definition, s.definition_version,
  encode(s.definition_hash, 'hex') as definition_hash, s.started_at, s.deadline,
  encode(s.request_hash, 'hex') as request_hash, s.started_by, s.labels`;

/** A row of the history, as `EVENT_COLUMNS` selects it. */
export interface EventRow {
  readonly event_seq: number;
  readonly event_version: number;
  readonly attempt: number | null;
  readonly at: number;
  readonly carries_payload: boolean;
  readonly type: EventType;
  readonly event_status: Status;
  readonly step: string | null;
  readonly direction: Direction | null;
  readonly asked_by: string | null;
  readonly data: string;
  readonly produced: string | null;
}

/** Of `transaction_event as e`. */
export const EVENT_COLUMNS = `
  e.seq as event_seq, e.version as event_version, e.attempt, e.at, e.carries_payload, e.type,
  e.status as event_status, e.step, e.direction, e.asked_by, e.data, e.produced`;

/**
 * A transaction's history begins with its start: older partitions need no look. The instances that
 * wrote it read the database's clock over the network, hence the margin.
 */
export const SINCE_START = `e.at >= s.started_at - interval '1 hour'`;

export function toListed(row: TransactionRow): Omit<StoredTransaction, 'history'> {
  const { id, protocol, waiting_for: waitingFor, wake_at: until } = row;
  return {
    started: {
      id,
      protocol,
      definition: {
        name: row.definition,
        version: row.definition_version,
        hash: row.definition_hash,
      },
      startedAt: row.started_at,
      deadline: row.deadline,
      labels: row.labels ?? {},
      requestHash: row.request_hash,
      startedBy: row.started_by,
    },
    row: {
      status: row.status,
      version: row.version,
      seq: row.seq,
      state: row.state,
      dueAt: row.due_at,
      sleep: waitingFor !== null && until !== null ? { waitingFor, until } : null,
      updatedAt: row.updated_at,
      endedAt: row.ended_at,
    },
    owner: row.owner,
  };
}

export function toEntry(row: EventRow): HistoryEntry {
  return {
    seq: row.event_seq,
    version: row.event_version,
    at: row.at,
    type: row.type,
    step: row.step,
    direction: row.direction,
    attempt: row.attempt,
    status: row.event_status,
    by: row.asked_by,
    data: row.data,
    produced: row.produced,
    carriesPayload: row.carries_payload,
  };
}

/** Rows of transactions joined to their history, in order of id and seq, put together. */
export function toStored(
  rows: readonly (TransactionRow & (EventRow | { readonly event_seq: null }))[],
): StoredTransaction[] {
  const stored: (StoredTransaction & { readonly history: HistoryEntry[] })[] = [];
  for (const row of rows) {
    let last = stored.at(-1);
    if (last?.started.id !== row.id) stored.push((last = { ...toListed(row), history: [] }));
    if (row.event_seq !== null) last.history.push(toEntry(row));
  }
  return stored;
}
