import type { Sign } from './ports/transport.js';
import type { DefinitionTotals } from './statistics/totals.js';

/** What one instance has and did. Counts begin with the process and only grow; the rest is as it is now. */
export interface EngineMetrics {
  /** Open transactions in memory, and the bound beyond which starts are refused. */
  readonly inMemory: number;
  readonly maxInMemory: number;
  /** Ids of ended transactions that are remembered, for late replies. */
  readonly remembered: number;
  /** Transactions with events that wait for the next group commit. */
  readonly queued: number;
  /** Callers that wait for the end of a transaction. */
  readonly waiters: number;
  readonly flushes: FlushCounts;
  readonly definitions: readonly DefinitionTotals[];
  readonly participants: readonly ParticipantCounts[];
}

export interface FlushCounts {
  /** Group commits that were answered. */
  readonly flushes: number;
  /** Transactions in them. */
  readonly rows: number;
  /** Those of them that somebody else had moved. */
  readonly lost: number;
  /** Time from sending the statement to its answer, ms. */
  readonly ms: number;
}

export interface ParticipantCounts {
  readonly participant: string;
  readonly inFlight: number;
  readonly held: number;
  readonly maxInFlight: number;
  /** Whether its circuit is not closed. */
  readonly isOpen: boolean;
  /** Attempts that were handed to the transport. */
  readonly sent: number;
  /** How attempts ended. */
  readonly signs: ReadonlyMap<Sign, number>;
}
