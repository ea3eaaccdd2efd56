import type { TransactionStore } from '@skald/engine';
import { storeClaimConformance } from './store-claims.js';
import { storeCommitConformance } from './store-commit.js';
import type { OpenInstance, StoreHarness } from './store-harness.js';

/**
 * What every implementation of the store port keeps; call it in a spec, under Jest's globals.
 *
 * @param name of the implementation
 * @param setUp gives empty data, for each case anew
 */
export function storeConformance(name: string, setUp: () => Promise<StoreHarness>): void {
  describe(`the store of ${name}`, () => {
    let harness: StoreHarness;
    let stores: TransactionStore[];

    beforeEach(async () => {
      harness = await setUp();
      stores = [];
    });
    afterEach(async () => {
      await Promise.all(stores.map((store) => store.close()));
      await harness.tearDown();
    });

    const open: OpenInstance = async () => {
      const store = harness.open();
      stores.push(store);
      return { store, owner: await store.join('conformance') };
    };
    storeCommitConformance(open);
    storeClaimConformance(open);
  });
}
