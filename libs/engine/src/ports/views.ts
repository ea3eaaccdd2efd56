import type {
  Direction,
  EventType,
  HistoryEntry,
  ParkedReason,
  Protocol,
  Status,
  TransactionId,
} from '@skald/core';
import type { DurationCounts } from '../statistics/durations.js';
import type { BatchStore } from './batches.js';
import type { ListFilter, Page, PageOf } from './lists.js';
import type { PreparedStore } from './prepared.js';
import type { AuditEntry, Incarnation, StoredTransaction } from './store.js';
import type { DeadLetter } from './transport.js';

/** What the API reads and writes besides transitions. All lists are newest first and paged by cursor. */
export interface Views {
  /** With every history row that carries payloads; undefined when there is no such transaction. */
  find(id: TransactionId): Promise<StoredTransaction | undefined>;
  list(filter: ListFilter, page: Page): Promise<PageOf<ListedTransaction>>;
  /** Transactions per status under the filter (its own `statuses` left out), exact up to a bound. */
  counts(filter: ListFilter): Promise<StatusCounts>;
  /** Rows with `seq` above `after`, oldest first, at most `limit`. */
  history(id: TransactionId, after: number, limit: number): Promise<readonly HistoryEntry[]>;
  /**
   * What needs a human, worst first: parked (but contradictions that one took notice of), in doubt,
   * overdue, waiting for a definition nobody has.
   */
  attention(page: Page): Promise<PageOf<ListedTransaction>>;
  /** Starts and ends per bucket and definition, with durations, for charts. Reads what was counted, no transaction. */
  stats(request: StatsRequest): Promise<Stats>;
  /** What one instance counted: each row replaces the one it wrote before. Rows past their retention go. */
  recordStatistics(writer: Incarnation, rows: readonly StatisticsRow[]): Promise<void>;
  /** The oldest transaction that is neither ended nor parked. */
  oldestOpen(): Promise<ListedTransaction | undefined>;
  /** Open transactions per definition, version and hash. */
  runningByDefinition(): Promise<readonly DefinitionUse[]>;
  /** History rows that became visible after `position`, in order per writer and per transaction; `null` begins now. */
  changes(
    position: StreamPosition | null,
    limit: number,
    wanted?: WantedChanges,
  ): Promise<ChangePage>;
  audit(page: Page, object?: string): Promise<PageOf<AuditEntry & { readonly id: string }>>;
  recordAudit(entry: AuditEntry): Promise<void>;
  deadLetters(page: Page): Promise<PageOf<StoredDeadLetter>>;
  deadLetter(id: string): Promise<StoredDeadLetter | undefined>;
  addDeadLetter(letter: DeadLetter): Promise<void>;
  /** Marks one as replayed or discarded; false when it is not open any more. */
  closeDeadLetter(id: string, how: 'replayed' | 'discarded'): Promise<boolean>;
  /** Orders for many transactions at once. */
  readonly batches: BatchStore;
  /** What participants have prepared, as far as is known. */
  readonly prepared: PreparedStore;
  /** Those of the transactions that exist, in no order. */
  listed(ids: readonly TransactionId[]): Promise<readonly ListedTransaction[]>;
  /** Coordinators that ever joined and are not long gone, with their last heartbeat. */
  coordinators(): Promise<readonly CoordinatorSeen[]>;
}

/** A stored transaction without its payloads. */
export type ListedTransaction = Omit<StoredTransaction, 'history'>;

export interface StatusCounts {
  readonly counts: Readonly<Partial<Record<Status, number>>>;
  readonly isEstimated: boolean;
}

/** `from` and `bucketMs` are whole minutes. */
export interface StatsRequest {
  readonly from: number;
  readonly to: number;
  readonly bucketMs: number;
  readonly definition?: string;
}

export type StatisticsWidth = 'minute' | 'hour';

/** What one instance started and ended in a minute or an hour. */
export interface StatisticsRow {
  readonly width: StatisticsWidth;
  /** Where it begins, ms since the epoch. */
  readonly at: number;
  readonly definition: string;
  readonly started: number;
  readonly completed: number;
  readonly compensated: number;
  readonly parked: number;
  /** From start to end, of those that ended. */
  readonly durations: DurationCounts;
}

export interface Stats {
  readonly buckets: readonly StatsBucket[];
  readonly parkedByReason: Readonly<Partial<Record<ParkedReason, number>>>;
}

export interface StatsBucket {
  readonly at: number;
  readonly definition: string;
  readonly started: number;
  readonly completed: number;
  readonly compensated: number;
  readonly parked: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

export interface DefinitionUse {
  readonly protocol: Protocol;
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly open: number;
}

/** Per writer, the last (flush, ordinal) that was seen. Opaque to clients. */
export type StreamPosition = Readonly<Record<string, readonly [flush: number, ordinal: number]>>;

export interface Change {
  readonly id: TransactionId;
  readonly definition: string;
  readonly status: Status;
  readonly version: number;
  readonly at: number;
  readonly type: EventType;
  readonly step: string | null;
  readonly direction: Direction | null;
  readonly position: StreamPosition;
}

/** `latest` may leave out changes that a newer one of the same transaction follows; default `all`. */
export type WantedChanges = 'all' | 'latest';

export interface ChangePage {
  readonly changes: readonly Change[];
  readonly position: StreamPosition;
  /** Whether there may be more already. */
  readonly hasMore: boolean;
}

export interface StoredDeadLetter extends DeadLetter {
  readonly id: string;
  readonly at: number;
  readonly state: 'open' | 'replayed' | 'discarded';
}

export interface CoordinatorSeen {
  readonly incarnation: number;
  readonly name: string;
  readonly joinedAt: number;
  readonly heartbeatAt: number;
  readonly isLive: boolean;
}
