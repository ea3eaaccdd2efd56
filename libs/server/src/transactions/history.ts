import type { HistoryEntry, TransactionId } from '@skald/core';
import type { Snapshot, Views } from '@skald/engine';

const PAGE_ROWS = 200;

/** The history of a transaction, in order, up to the state that `snapshot` shows; at once where it is at hand. */
export function wholeHistory(
  views: Views,
  snapshot: Snapshot,
): readonly HistoryEntry[] | Promise<readonly HistoryEntry[]> {
  const { id, seq } = snapshot.transaction;
  if (snapshot.history?.length === seq) return snapshot.history;
  if (seq === 1) return [beginningOf(snapshot)];
  return readHistory(views, id, seq);
}

async function readHistory(
  views: Views,
  id: TransactionId,
  seq: number,
): Promise<readonly HistoryEntry[]> {
  const rows: HistoryEntry[] = [];
  for (;;) {
    const after = rows.at(-1)?.seq ?? 0;
    const page = await views.history(id, after, Math.min(PAGE_ROWS, seq - after));
    rows.push(...page);
    if (page.length < PAGE_ROWS || page.at(-1)?.seq === seq) return rows;
  }
}

/** A transaction that has only begun needs no second look into the database. */
function beginningOf({ transaction, started }: Snapshot): HistoryEntry {
  const { payloads, status, version, startedAt, deadline } = transaction;
  return {
    seq: 1,
    version,
    at: startedAt,
    type: 'started',
    step: null,
    direction: null,
    attempt: null,
    status,
    by: started.startedBy,
    data: JSON.stringify({ input: payloads.input, deadline }),
    produced: JSON.stringify({ r: payloads.requests }),
    carriesPayload: true,
  };
}
