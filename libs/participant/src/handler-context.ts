import type { CommandEvent } from '@skald/core';
import type { EntityManager } from 'typeorm';

/** What a handler is told about the command besides its request. */
export type CommandInfo = Readonly<Omit<CommandEvent, 'data'>>;

/** All of a command but its data. Named one by one: what is left after taking `data` away costs six times this. */
export function infoOf(command: CommandEvent): CommandInfo {
  const { id, transaction, step, direction, operation, attempt } = command;
  const { startedAt, deadline, isRefusable, traceparent } = command;
  return {
    id,
    transaction,
    step,
    direction,
    operation,
    attempt,
    startedAt,
    deadline,
    isRefusable,
    traceparent,
  };
}

/** What the step's action was asked and what it answered, as plain JSON values. */
export interface StoredAction {
  readonly request: unknown;
  readonly reply: unknown;
}

/** The second argument of every handler, and the RPC context of Nest's guards and interceptors. */
export interface HandlerContext {
  /**
   * The database transaction that also records the command. What is written by it stays exactly when
   * the reply is `succeeded`; what is written by any other way is outside the barrier's promise.
   */
  readonly db: EntityManager;
  readonly command: CommandInfo;
  /** For a compensation, a confirm or a cancel: the action or try it follows. Null otherwise. */
  readonly action: StoredAction | null;
}

/** The context of a handler that `@Prepares` or `@Tries`: a branch that is asked for its vote. */
export interface PrepareContext extends HandlerContext {
  /**
   * Votes read-only: the branch has nothing to commit, and hears no more of the transaction. Its locks
   * go at once. A branch that is prepared in PostgreSQL and wrote all the same votes commit.
   */
  readonly readOnly: () => void;
}

/** The context of a handler that `@Tries`. */
export interface TryContext extends PrepareContext {
  /**
   * Until when the reservation has to hold without a confirm or a cancel, by the database's clock; null
   * where the contract has no `reservationTtlMs`.
   */
  readonly reservedUntil: Date | null;
}

/** The context of a handler that `@Confirms` or `@Cancels`. */
export interface DecisionContext extends HandlerContext {
  /** The try that is confirmed or cancelled. */
  readonly action: StoredAction;
}

/** One command of a batch. */
export interface BatchEntry<Request> {
  readonly request: Request;
  readonly command: CommandInfo;
  /** For a compensation, which always comes alone: the action it follows. Null otherwise. */
  readonly action: StoredAction | null;
}

/** The context of a handler that `@HandlesBatch`. */
export interface BatchContext {
  /** The database transaction of the whole batch, which also records its commands. */
  readonly db: EntityManager;
  /** Of all entries, in their order. */
  readonly commands: readonly CommandInfo[];
}
