// Looks on at a store: how many rows a flush has, how many are lost to another coordinator, how long the
// look for due work takes.
import { quantile, rounded } from '../lib/measure.mjs';

export class StoreWatch {
  #flushes = 0;
  #rows = 0;
  #lost = 0;
  /** @type {number[]} */
  #claims = [];
  /** @type {number[]} */
  #begins = [];

  /** How long a start took, ms. */
  begun = (/** @type {number} */ ms) => {
    this.#begins.push(ms);
  };

  /** @param {import('@skald/storage-postgres').PostgresStore} store */
  over(store) {
    const commit = store.commit.bind(store);
    const claimDue = store.claimDue.bind(store);
    return Object.assign(store, {
      commit: async (/** @type {Parameters<typeof commit>[0]} */ flush) => {
        const result = await commit(flush);
        this.#flushes++;
        this.#rows += flush.starts.length + flush.updates.length;
        this.#lost += flush.updates.length - result.updated.size;
        return result;
      },
      claimDue: async (/** @type {Parameters<typeof claimDue>[0]} */ claim) => {
        const at = performance.now();
        const claimed = await claimDue(claim);
        this.#claims.push(performance.now() - at);
        return claimed;
      },
    });
  }

  /** Since it was asked last. */
  take() {
    const p95 = (/** @type {number[]} */ values) =>
      rounded(
        quantile(
          values.sort((a, b) => a - b),
          0.95,
        ),
        2,
      );
    const said = {
      flushes: this.#flushes,
      rows: this.#rows,
      rowsPerFlush: rounded(this.#rows / this.#flushes, 1),
      lostRows: this.#lost,
      dueWorkP95Ms: p95(this.#claims),
      beginP95Ms: p95(this.#begins),
    };
    this.#flushes = this.#rows = this.#lost = 0;
    this.#claims = [];
    this.#begins = [];
    return said;
  }
}
