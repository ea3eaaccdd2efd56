import type { CommandEvent } from '@skald/core';
import type { EntityManager } from 'typeorm';

/** What a handler is told about the command besides its request. */
export type CommandInfo = Readonly<Omit<CommandEvent, 'data'>>;

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
  /** For a compensation: the action it undoes. Null for actions. */
  readonly action: StoredAction | null;
}
