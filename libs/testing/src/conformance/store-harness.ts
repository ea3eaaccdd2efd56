import type { TransactionStore } from '@skald/engine';

/** The world a store under test lives in. */
export interface StoreHarness {
  /** A store of its own, as another process would have it, over data that all stores of the harness share. */
  readonly open: () => TransactionStore;
  /** Closes what is left and removes the data. */
  readonly tearDown: () => Promise<void>;
}

/** A store that joined. */
export interface Instance {
  readonly store: TransactionStore;
  readonly owner: number;
}

/** Opens stores and joins them. */
export type OpenInstance = () => Promise<Instance>;
