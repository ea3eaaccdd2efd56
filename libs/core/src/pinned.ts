/** How a transaction reaches its end. */
export type Protocol = 'saga' | 'two-phase';

/** What a transaction keeps of its definition: exactly this one goes on with it. */
export interface PinnedDefinition {
  readonly name: string;
  readonly version: number;
  /** SHA-256 (hex) of the definition's data, see `describe`. */
  readonly hash: string;
}
