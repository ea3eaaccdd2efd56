import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeState } from '@skald/core';
import { aRow, aStart, anUpdate, flushesOf, sortedIds } from '@skald/testing';
import { startPostgres, withClient } from '../../../tools/postgres/index.mjs';
import { migrateCoordinator } from './data-source.js';
import { PostgresStore } from './postgres-store.js';

// A server of its own: a page is cleared of old versions only up to the oldest transaction that writes,
// in whatever database of the server, and other specs have some.
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let dataDir: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'skald-hot-'));
  postgres = await startPostgres({ dataDir, durable: false, stopWithParent: true });
}, 120_000);
afterAll(async () => {
  await postgres.stop({ mode: 'immediate' });
  rmSync(dataDir, { recursive: true, force: true });
});

interface Updates {
  readonly all: number;
  readonly hot: number;
}

/** The server counts an update some time after it, at the latest when its session ends. */
async function updatesOf(url: string, atLeast: number): Promise<Updates> {
  return withClient(url, async (client) => {
    for (const until = Date.now() + 10_000; ;) {
      const { rows } = await client.query<Updates>(`
        select n_tup_upd::int as "all", n_tup_hot_upd::int as hot
          from pg_stat_user_tables where relname = 'transaction'`);
      const [found] = rows;
      if (found && (found.all >= atLeast || Date.now() > until)) return found;
    }
  });
}

/** As a saga of ten steps has it, while step `index` is under way. */
function stateAt(index: number): string {
  const steps = Array.from({ length: 10 }, (_, step) => ({
    status: step < index ? ('succeeded' as const) : ('pending' as const),
    actionAttempts: step <= index ? 1 : 0,
    compensationAttempts: 0,
  }));
  const resendAt = Date.now();
  const asked = { step: index, attempt: 1, firstAttempt: 1, resendAt, lastError: null };
  const pending = [{ ...asked, branch: null, direction: 'action' as const }];
  return encodeState({ steps, pending, groups: [], failure: null, parked: null });
}

describe('updates of the moving row', () => {
  it('stay on their page and out of the indexes until the last one, which ends the transaction', async () => {
    const url = postgres.url('postgres');
    await migrateCoordinator(url);
    const store = new PostgresStore({ url });
    const flush = flushesOf(await store.join('hot'));
    const [transactions, steps] = [400, 10];
    const ids = sortedIds(transactions);
    await store.commit(
      flush({ starts: ids.map((id) => aStart(id, { row: aRow({ state: stateAt(0) }) })) }),
    );
    for (let version = 1; version <= steps; version++) {
      const isLast = version === steps;
      const row = isLast
        ? ({ state: stateAt(version), status: 'completed', endedAt: Date.now() } as const)
        : { state: stateAt(version) };
      await store.commit(flush({ updates: ids.map((id) => anUpdate(id, version, { row })) }));
    }
    await store.close();
    const { all, hot } = await updatesOf(url, transactions * steps);
    expect(all).toBe(transactions * steps);
    expect(hot / (transactions * (steps - 1))).toBeGreaterThan(0.9);
  });
});
