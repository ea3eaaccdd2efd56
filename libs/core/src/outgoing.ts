import type { Operation } from './contract/participant.js';
import type { PinnedDefinition } from './pinned.js';
import type { TransactionId } from './ids.js';
import type { Direction } from './transaction.js';

/** What a transaction starts from. Times in ms since the epoch, database clock. */
export interface StartRequest {
  readonly id: TransactionId;
  readonly definition: PinnedDefinition;
  /** As the definition's schema gives it: already validated. */
  readonly input: unknown;
  readonly at: number;
  /** When it gives up by itself; the definition's `deadlineMs` after `at` by default. */
  readonly deadline?: number;
}

/** A command as it leaves: everything the wire and the shell's gate need of it. */
export interface OutgoingCommand {
  readonly transaction: TransactionId;
  readonly step: string;
  readonly direction: Direction;
  readonly attempt: number;
  readonly participant: string;
  readonly operation: Operation;
  /** The request as JSON text, the same bytes at every attempt. */
  readonly body: string;
  /** Whether a no is final here (compensatable and pivot actions, prepares). */
  readonly isRefusable: boolean;
  readonly timeoutMs: number;
  /** Infinity for a decision: it is delivered until it is acknowledged. */
  readonly maxAttempts: number;
  /** When it is to be asked again, ms since the epoch. */
  readonly resendAt: number;
  readonly startedAt: number;
  readonly deadline: number;
}

/** One call that would follow, for previews. */
export interface PlannedCall {
  readonly step: string;
  readonly direction: Direction;
  readonly participant: string;
  readonly operation: string;
}
