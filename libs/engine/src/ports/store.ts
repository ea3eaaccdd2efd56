import type { HistoryEntry, PinnedDefinition, Protocol, Status, TransactionId } from '@skald/core';

/** Number of one process start of a coordinator, given by the store: who owns a row, who wrote it. */
export type Incarnation = number;

/** The part of a row that moves with each transition. Small, whatever the payloads (under 2 kB). */
export interface RowState {
  readonly status: Status;
  readonly version: number;
  readonly seq: number;
  /** The machine's state as the core encodes it. */
  readonly state: string;
  /** When something has to happen next, ms since the epoch; null when nothing will by itself. For views. */
  readonly dueAt: number | null;
  /** Set when nobody keeps it in memory: who it waits for and when any instance may wake it. */
  readonly sleep: Sleep | null;
  readonly updatedAt: number;
  readonly endedAt: number | null;
}

export interface Sleep {
  /** The participant it waits for: one that is down must not starve the others. */
  readonly waitingFor: string;
  readonly until: number;
}

/** What is written once, at the start. Times in ms since the epoch, database clock. */
export interface StartedTransaction {
  readonly id: TransactionId;
  readonly protocol: Protocol;
  readonly definition: PinnedDefinition;
  readonly startedAt: number;
  readonly deadline: number;
  readonly labels: Readonly<Record<string, string>>;
  /** SHA-256 (hex) of the canonical request: tells a repeated start from another one. */
  readonly requestHash: string;
  /** Who started it. */
  readonly startedBy: string;
}

/** A start to insert, unless the id is known. */
export interface StartRecord {
  readonly started: StartedTransaction;
  readonly row: RowState;
  readonly history: readonly HistoryEntry[];
}

/** A row to move, if its version is still `expectedVersion`. */
export interface UpdateRecord {
  readonly id: TransactionId;
  readonly expectedVersion: number;
  readonly row: RowState;
  readonly history: readonly HistoryEntry[];
  /** Written only if the update wins. */
  readonly audit?: AuditEntry | undefined;
}

/** An operator's act, or what was refused to one. Append-only. */
export interface AuditEntry {
  readonly at: number;
  readonly actor: string;
  /** `cancel`, `retry`, `skip`, `resolve`, `dead-letter-replay`, `dead-letter-discard` … */
  readonly action: string;
  /** The transaction, or another object's id. */
  readonly object: string;
  readonly expectedVersion: number | null;
  readonly newVersion: number | null;
  readonly reason: string | null;
  /** `done`, or why it was refused. */
  readonly result: string;
  readonly data: string | null;
}

/** One group commit. A transaction occurs at most once; both lists are sorted by id. */
export interface Flush {
  readonly writer: Incarnation;
  /** 1, 2, 3 … per writer; a writer's flushes become visible in this order. */
  readonly flush: number;
  readonly starts: readonly StartRecord[];
  readonly updates: readonly UpdateRecord[];
}

export interface FlushResult {
  /** Ids of starts that were inserted; the others exist already. */
  readonly started: ReadonlySet<string>;
  /** Ids of updates that won; the others were moved by somebody else and have to be read again. */
  readonly updated: ReadonlySet<string>;
  /** The database's clock, ms since the epoch. */
  readonly now: number;
}

/** A transaction as stored, with the history rows its payloads come from. */
export interface StoredTransaction {
  readonly started: StartedTransaction;
  readonly row: RowState;
  readonly owner: Incarnation;
  /** In order of `seq`; only rows that carry payloads. */
  readonly history: readonly HistoryEntry[];
}

export interface Heartbeat {
  /** The database's clock, ms since the epoch. */
  readonly now: number;
  /** Incarnations that own open rows and whose last heartbeat is older than the lease. */
  readonly dead: readonly Incarnation[];
}

export interface Claim {
  readonly owner: Incarnation;
  readonly limit: number;
  /** What sleepers may be waiting for that is not to be woken now: participants whose circuit is open. */
  readonly except?: readonly string[];
}

/**
 * Where transactions live. `version` is the only safety: any instance may write any row, and the one
 * that read the latest version wins.
 *
 * Methods throw `StoreError`. Implementations pass `storeConformance` of @skald/testing.
 */
export interface TransactionStore {
  /** Enters this process start among the coordinators. */
  join(name: string): Promise<Incarnation>;
  /** Commits a whole group in one statement, durably, or nothing of it. */
  commit(flush: Flush): Promise<FlushResult>;
  /**
   * After a connection was lost at commit: what of that flush became durable. Waits until the lost
   * session is gone, so that the answer does not change any more.
   */
  readBack(writer: Incarnation, flush: number): Promise<FlushResult>;
  /** Unknown ids are left out. */
  load(ids: readonly TransactionId[]): Promise<readonly StoredTransaction[]>;
  /** Of those that ended and whose retention is over: the hash of the request that started each. */
  forgotten(ids: readonly TransactionId[]): Promise<ReadonlyMap<TransactionId, string>>;
  /** Takes over sleeping rows that are due, evenly over the participants they wait for; at most `limit` of each. */
  claimDue(claim: Claim): Promise<readonly StoredTransaction[]>;
  /** Takes over open rows of dead incarnations. Rows another instance is claiming are passed over. */
  claimDead(
    claim: Claim & { readonly dead: readonly Incarnation[] },
  ): Promise<readonly StoredTransaction[]>;
  /** Hands an open row back to the sleepers, for whoever can go on with it: keeps version order by bumping it. */
  release(
    rows: readonly {
      readonly id: TransactionId;
      readonly version: number;
      readonly sleep: Sleep;
    }[],
  ): Promise<void>;
  /** On a connection of its own. Incarnations are judged by the database's clock. */
  heartbeat(owner: Incarnation, leaseMs: number): Promise<Heartbeat>;
  /** Says goodbye: its rows may be claimed at once. */
  leave(owner: Incarnation): Promise<void>;
  /** Hashes under which open transactions pin `name` and `version`. */
  pinnedHashes(name: string, version: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Why a store call failed, by what has to follow. */
export type StoreErrorKind =
  /** The database refuses the data of some row: the group has to be halved until the culprit stands alone. */
  | 'data'
  /** Deadlock or serialisation failure: nothing was written, the same again may succeed. */
  | 'conflict'
  /** No connection, or it was lost: a commit may or may not have happened. */
  | 'unavailable';

export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(
    readonly kind: StoreErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
