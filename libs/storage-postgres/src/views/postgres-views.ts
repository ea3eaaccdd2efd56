import type { Definition, HistoryEntry, TransactionId } from '@skald/core';
import type {
  AuditEntry,
  ChangePage,
  CoordinatorSeen,
  DeadLetter,
  DefinitionUse,
  Incarnation,
  ListedTransaction,
  ListFilter,
  Page,
  PageOf,
  Stats,
  StatisticsRow,
  StatsRequest,
  StatusCounts,
  StoredDeadLetter,
  StoredTransaction,
  StreamPosition,
  WantedChanges,
  Views,
} from '@skald/engine';
import { uuidArray } from '../binary-array.js';
import { EVENT_COLUMNS, SINCE_START, toEntry, toStored, type EventRow } from '../rows.js';
import { LOAD } from '../statements.js';
import { PostgresBatches } from './batches.js';
import { changes } from './changes.js';
import { PostgresPrepared } from './prepared.js';
import { counts } from './counts.js';
import { attention, list, listed, oldestOpen } from './listing.js';
import * as operating from './operating.js';
import { Reader } from './reader.js';
import { forgetStatistics, recordStatistics, runningByDefinition, stats } from './stats.js';

export interface PostgresViewsOptions {
  readonly url: string;
  /**
   * Names and participants of steps, for filters by what a transaction waits for. Without them only
   * sleeping transactions are found by their participant, and none by step.
   */
  readonly definitions?: readonly Definition[];
  /** Default 4. */
  readonly maxConnections?: number;
  /** Default 5 s. */
  readonly callTimeoutMs?: number;
}

const FORGET_EVERY_MS = 3_600_000;

/** What the API reads and writes besides transitions, on a pool of its own. Methods throw `StoreError`. */
export class PostgresViews implements Views {
  readonly batches: PostgresBatches;
  readonly prepared: PostgresPrepared;
  private readonly reader: Reader;
  private readonly definitions: readonly Definition[];
  private statisticsForgottenAt = 0;

  constructor(options: PostgresViewsOptions) {
    const { url, definitions = [], maxConnections = 4, callTimeoutMs = 5_000 } = options;
    this.reader = new Reader({ url, maxConnections, callTimeoutMs });
    this.definitions = definitions;
    this.batches = new PostgresBatches(this.reader, definitions);
    this.prepared = new PostgresPrepared(this.reader);
  }

  async find(id: TransactionId): Promise<StoredTransaction | undefined> {
    const [found] = toStored(await this.reader.rows(LOAD.text, [uuidArray([id])]));
    return found;
  }

  list(filter: ListFilter, page: Page): Promise<PageOf<ListedTransaction>> {
    return list(this.reader, { filter, page, definitions: this.definitions });
  }

  listed(ids: readonly TransactionId[]): Promise<ListedTransaction[]> {
    return listed(this.reader, ids);
  }

  counts(filter: ListFilter): Promise<StatusCounts> {
    return counts(this.reader, { filter, definitions: this.definitions });
  }

  async history(id: TransactionId, after: number, limit: number): Promise<HistoryEntry[]> {
    const rows = await this.reader.rows<EventRow & object>(
      `select ${EVENT_COLUMNS}
         from transaction_start as s
        cross join lateral (
          select * from transaction_event as e
           where e.transaction_id = s.id and e.seq > $2 and ${SINCE_START}
           order by e.seq limit $3
        ) as e
        where s.id = $1 order by e.seq`,
      [id, after, limit],
    );
    return rows.map(toEntry);
  }

  attention(page: Page): Promise<PageOf<ListedTransaction>> {
    return attention(this.reader, page);
  }

  stats(request: StatsRequest): Promise<Stats> {
    return stats(this.reader, request);
  }

  async recordStatistics(writer: Incarnation, rows: readonly StatisticsRow[]): Promise<void> {
    await recordStatistics(this.reader, writer, rows);
    if (Date.now() - this.statisticsForgottenAt < FORGET_EVERY_MS) return;
    this.statisticsForgottenAt = Date.now();
    await forgetStatistics(this.reader);
  }

  oldestOpen(): Promise<ListedTransaction | undefined> {
    return oldestOpen(this.reader);
  }

  runningByDefinition(): Promise<readonly DefinitionUse[]> {
    return runningByDefinition(this.reader);
  }

  changes(
    position: StreamPosition | null,
    limit: number,
    wanted: WantedChanges = 'all',
  ): Promise<ChangePage> {
    return changes(this.reader, position, limit, wanted);
  }

  audit(page: Page, object?: string): Promise<PageOf<AuditEntry & { readonly id: string }>> {
    return operating.audit(this.reader, page, object);
  }

  recordAudit(entry: AuditEntry): Promise<void> {
    return operating.recordAudit(this.reader, entry);
  }

  deadLetters(page: Page): Promise<PageOf<StoredDeadLetter>> {
    return operating.deadLetters(this.reader, page);
  }

  deadLetter(id: string): Promise<StoredDeadLetter | undefined> {
    return operating.deadLetter(this.reader, id);
  }

  addDeadLetter(letter: DeadLetter): Promise<void> {
    return operating.addDeadLetter(this.reader, letter);
  }

  closeDeadLetter(id: string, how: 'replayed' | 'discarded'): Promise<boolean> {
    return operating.closeDeadLetter(this.reader, id, how);
  }

  coordinators(): Promise<readonly CoordinatorSeen[]> {
    return operating.coordinators(this.reader);
  }

  /** Ends its connections. */
  close(): Promise<void> {
    return this.reader.close();
  }
}
