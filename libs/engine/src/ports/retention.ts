/** Where a round of clean-up has got to. Opaque. */
export interface RetentionCursor {
  readonly startedAt: string;
  readonly id: string;
}

/** What one batch of clean-up did. */
export interface ForgottenBatch {
  /** Transactions that were deleted. */
  readonly forgotten: number;
  /** From where the next batch goes on; null behind the last transaction that is old enough. */
  readonly next: RetentionCursor | null;
}

/** History partitions, by name. */
export interface DroppedHistory {
  readonly dropped: readonly string[];
  /** Left for a later round: still in use, or too much of it has to be kept. */
  readonly postponed: readonly string[];
}

/**
 * One instance's turn at cleaning up; meanwhile no other has one. Days are counted by the database's
 * clock. Methods throw `StoreError`.
 */
export interface RetentionTurn {
  /**
   * Looks at up to `limit` transactions that started over `days` ago, oldest first, and deletes those that
   * also ended over `days` ago, all or nothing. A tombstone of each stays: its id never runs again.
   */
  forget(days: number, after: RetentionCursor | null, limit: number): Promise<ForgottenBatch>;
  /**
   * Drops the history partitions that ended over `days` ago. History there of transactions that are still
   * known is kept.
   */
  dropHistory(days: number): Promise<DroppedHistory>;
  /**
   * Deletes up to `limit` flushes of over `days` ago and tells how many. The change stream does not reach
   * further back.
   */
  forgetFlushes(days: number, limit: number): Promise<number>;
  /** Deletes up to `limit` tombstones older than `days`, and tells how many. */
  forgetTombstones(days: number, limit: number): Promise<number>;
  /**
   * Deletes up to `limit` rows of closed dead letters and ended batches older than `days`, of one kind at a
   * time, and tells how many; 0 = nothing is left.
   */
  forgetClosed(days: number, limit: number): Promise<number>;
  close(): Promise<void>;
}

export interface RetentionStore {
  /** Undefined while another instance has the turn. @throws StoreError */
  take(): Promise<RetentionTurn | undefined>;
}
