import { withClient } from '../../tools/postgres/index.mjs';
import { waitFor } from '../../tools/wait.mjs';

const WAITING = `
  select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

/** Resolves once some session on the database of `url` waits for a lock that another one holds. */
export async function someoneWaitsForLock(url: string): Promise<void> {
  // Outside of any database transaction: within one, pg_stat_activity always says the same.
  await withClient(url, (client) =>
    waitFor(async () => ((await client.query(WAITING)).rowCount ?? 0) > 0, {
      timeoutMs: 10_000,
      what: 'a session that waits for a lock',
    }),
  );
}
