import type { TransactionId } from '@skald/core';
import type { ListFilter, Page, PageOf } from './lists.js';
import type { AuditEntry } from './store.js';

export const BATCH_ACTIONS = ['retry', 'cancel', 'skip'] as const;
export const BATCH_STATES = ['running', 'done', 'cancelled'] as const;

export type BatchAction = (typeof BATCH_ACTIONS)[number];
export type BatchState = (typeof BATCH_STATES)[number];

/** Which transactions: those named, or the unfinished ones under a filter at the time it is made. */
export type BatchScope =
  { readonly ids: readonly TransactionId[] } | { readonly filter: ListFilter };

/** One order for many transactions. */
export interface NewBatch {
  readonly id: string;
  readonly action: BatchAction;
  readonly reason: string;
  /** The principal that asked: each order is given in its name. */
  readonly by: string;
  /** SHA-256 (hex) of the canonical request: tells a repeated one from another. */
  readonly requestHash: string;
  readonly scope: BatchScope;
  /** What was asked, as JSON, to be shown. */
  readonly scopeJson: string;
}

export interface Batch {
  readonly id: string;
  readonly action: BatchAction;
  readonly reason: string;
  readonly by: string;
  readonly requestHash: string;
  readonly scopeJson: string;
  readonly state: BatchState;
  readonly total: number;
  readonly done: number;
  readonly refused: number;
  /** Ms since the epoch, database clock. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly endedAt: number | null;
}

/** A transaction whose turn it is. */
export interface BatchItem {
  readonly transaction: TransactionId;
  /** The only version at which the order may be carried out now; undefined when there is no such transaction. */
  readonly version: number | undefined;
  /** It was carried out already, by somebody who could not say so any more. */
  readonly isDone: boolean;
  /** How often it was its turn, this time included. */
  readonly tries: number;
}

export interface BatchResult {
  readonly transaction: TransactionId;
  readonly state: 'done' | 'refused';
  /** Why it was refused. */
  readonly detail: string | null;
}

/**
 * Where batches live, so that any instance can go on with one.
 *
 * An order of a batch is carried out at most once for each transaction, whoever works on it and dies:
 * it is carried out only at the version that `next` pinned, its audit row, which names the batch, is
 * written in the same commit, and a version is pinned anew only while there is no such row. Methods
 * throw `StoreError`.
 */
export interface BatchStore {
  /**
   * Enters it with its transactions and its audit row, all or nothing; one that is known by its id is
   * left alone and given back. Undefined when there are more than `most` transactions, or none.
   */
  create(batch: NewBatch, most: number): Promise<Batch | undefined>;
  find(id: string): Promise<Batch | undefined>;
  /** Newest first. */
  list(page: Page): Promise<PageOf<Batch>>;
  /** Of those that were refused, at most `limit`. */
  refusals(id: string, limit: number): Promise<readonly BatchResult[]>;
  /** No transaction's turn comes any more. False when it had ended already; `audit` is written if not. */
  cancel(id: string, audit: AuditEntry): Promise<boolean>;
  /** Transactions in scope, at most `limit`. */
  inScope(scope: BatchScope, limit: number): Promise<readonly TransactionId[]>;
  /** The oldest running batch that nobody else works on; it is this worker's for the lease. */
  take(worker: string, leaseMs: number): Promise<Batch | undefined>;
  /** Whose turn it is, at most `limit`; those that had it least often come first. */
  next(id: string, limit: number): Promise<readonly BatchItem[]>;
  settle(id: string, results: readonly BatchResult[]): Promise<void>;
  /** Ends it if every transaction had its turn. */
  finish(id: string): Promise<void>;
}
