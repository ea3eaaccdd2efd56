import type { SagaDefinition } from './saga/define.js';

/** How a transaction reaches its end. Two-phase commit gets its own definition and transition. */
export type Protocol = 'saga' | 'two-phase';

/** Anything a coordinator can run. */
export type Definition = SagaDefinition;

/** What a transaction keeps of its definition: exactly this one goes on with it. */
export interface PinnedDefinition {
  readonly name: string;
  readonly version: number;
  /** SHA-256 (hex) of the definition's data, see `describe`. */
  readonly hash: string;
}
