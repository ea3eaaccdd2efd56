import type {
  AnyTransaction,
  Definition,
  Direction,
  Event,
  HistoryEntry,
  Inquiry,
  PlannedCall,
  Status,
  TransactionId,
} from '@skald/core';
import type { EngineMetrics } from './metrics.js';
import type { StartedTransaction, StoredTransaction } from './ports/store.js';

/** A start as a caller asks for it; `input` is not validated yet. */
export interface BeginRequest {
  readonly id: TransactionId;
  readonly definition: string;
  /** The newest registered one by default. */
  readonly definitionVersion?: number;
  readonly input: unknown;
  readonly labels: Readonly<Record<string, string>>;
  /** Ms since the epoch; the definition's own by default. */
  readonly deadline?: number;
  readonly requestHash: string;
  readonly startedBy: string;
  /** Whether its caller waits for the end: then its snapshot brings the history along. */
  readonly isAwaited?: boolean;
}

/** A transaction as the engine knows it now. `definition` is undefined when this instance lacks it. */
export interface Snapshot {
  readonly started: StartedTransaction;
  readonly transaction: AnyTransaction;
  readonly definition: Definition | undefined;
  readonly owner: number;
  readonly dueAt: number | null;
  /** All of it, where it is at hand. */
  readonly history?: readonly HistoryEntry[];
}

export interface Begun {
  /** False when the id was known already with the same request hash. */
  readonly isNew: boolean;
  readonly snapshot: Snapshot;
}

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** How an order is given. */
export interface OrderOptions {
  /** Refused unless it is the row's. */
  readonly ifVersion?: number | undefined;
  /** The batch it belongs to, for the audit. One that moved meanwhile is then no refusal to be audited. */
  readonly batch?: string | undefined;
}

/** What an operator or caller may ask of a transaction; the engine adds the time. */
export type Order = Without<
  Extract<
    Event,
    { type: 'cancel-requested' | 'retry-requested' | 'skip-requested' | 'resolve-requested' }
  >,
  'at'
>;

export interface Preview {
  readonly version: number;
  readonly allowed: boolean;
  readonly refusal: string | null;
  /** The status right after it. */
  readonly status: Status;
  readonly irreversible: boolean;
  /** The calls that follow if every answer is a success, in order. */
  readonly calls: readonly PlannedCall[];
}

/** What a participant is told that asks for a decision. */
export interface DecisionAnswer {
  /** `unknown`: there is no such transaction or branch; never to be taken for abort. */
  readonly decision: Inquiry['decision'];
  /** When to ask again while it is `undecided`. */
  readonly retryAfterMs: number;
}

/** One participant as the gate of this instance sees it. */
export interface ParticipantSnapshot {
  readonly name: string;
  readonly transport: string;
  readonly circuit: 'closed' | 'open' | 'half-open';
  /** Unanswered now, and held back by the limit or the circuit. */
  readonly inFlight: number;
  readonly held: number;
  readonly maxInFlight: number;
  /** When an open circuit lets the next probe through, ms since the epoch. */
  readonly nextProbeAt: number | null;
  readonly lastReplyAt: number | null;
  /** Of the last minute or so. */
  readonly operations: readonly OperationSnapshot[];
}

export interface OperationSnapshot {
  readonly operation: string;
  readonly direction: Direction;
  readonly succeeded: number;
  readonly rejected: number;
  readonly failed: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
}

export interface EngineHealth {
  readonly isReady: boolean;
  readonly reasons: readonly string[];
}

/** The coordinator without its doors: what the HTTP API is made of. */
export interface Coordinator {
  /** Joins the store, checks pinned hashes, starts transports, recovery and timers. */
  start(): Promise<void>;
  /** Intake off, what is under way flushed, transports drained, the store left. */
  stop(): Promise<void>;
  /**
   * Starts a transaction; resolves when it is durable.
   *
   * @throws CoordinatorError DEFINITION_UNKNOWN, REQUEST_INVALID (pointers below `/input`),
   *   TRANSACTION_ID_REUSED, OVERLOADED (before anything is written), STORE_UNAVAILABLE.
   */
  begin(request: BeginRequest): Promise<Begun>;
  /** The transaction now. @throws CoordinatorError TRANSACTION_NOT_FOUND, STORE_UNAVAILABLE. */
  find(id: TransactionId): Promise<Snapshot>;
  /** Resolves when it ended or was parked, with undefined after `timeoutMs`. */
  waitForEnd(id: TransactionId, timeoutMs: number): Promise<Snapshot | undefined>;
  /**
   * Carries out an order and its audit row in one commit; a refused one is audited too.
   *
   * @throws CoordinatorError TRANSACTION_NOT_FOUND, VERSION_MISMATCH (when `ifVersion` is not the
   *   row's), STATE_FORBIDS, STORE_UNAVAILABLE.
   */
  order(id: TransactionId, order: Order, options?: OrderOptions): Promise<Snapshot>;
  /**
   * The decision over what a participant prepared under this `skaldstep`. Aborts an undecided transaction
   * past its prepare deadline. @throws CoordinatorError STORE_UNAVAILABLE.
   */
  decide(id: TransactionId, step: string): Promise<DecisionAnswer>;
  /** What `order` would do, without doing it. */
  preview(id: TransactionId, order: Order): Promise<Preview>;
  readonly definitions: DefinitionCatalogue;
  participants(): readonly ParticipantSnapshot[];
  health(): EngineHealth;
  metrics(): EngineMetrics;
  /** The database's clock as last measured, ms since the epoch. */
  now(): number;
  /** The snapshot of a stored transaction, decoded under its pinned definition. */
  snapshotOf(stored: StoredTransaction): Snapshot;
}

export interface RegisteredDefinition {
  readonly definition: Definition;
  /** SHA-256 (hex) of its identity. */
  readonly hash: string;
}

/** The definitions this instance can run. */
export interface DefinitionCatalogue {
  all(): readonly RegisteredDefinition[];
  /** The given version, or the newest. */
  find(name: string, version?: number): RegisteredDefinition | undefined;
}
