import { randomUUID } from 'node:crypto';
import type { HistoryEntry, TransactionId } from '@skald/core';
import type { Flush, RowState, StartRecord, UpdateRecord } from '@skald/engine';

/** Records as an engine would hand them to a store, for conformance suites and tests of stores. */

/** A new transaction's id. */
export function anId(): TransactionId {
  return randomUUID() as TransactionId;
}

/** `count` new ids in the order a flush has them. */
export function sortedIds(count: number): TransactionId[] {
  return Array.from({ length: count }, anId).sort();
}

export function aRow(row: Partial<RowState> = {}): RowState {
  return {
    status: 'running',
    version: 1,
    seq: 1,
    state: '{"s":[[1,1,0]],"p":[[0,"action",1,1,0,null]]}',
    dueAt: Date.now() + 10_000,
    sleep: null,
    updatedAt: Date.now(),
    endedAt: null,
    ...row,
  };
}

export function anEntry(entry: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    seq: 1,
    version: 1,
    at: Date.now(),
    type: 'started',
    step: null,
    direction: null,
    attempt: null,
    status: 'running',
    by: null,
    data: '{"input":{}}',
    produced: '{"r":{"charge/action":"{}"}}',
    carriesPayload: true,
    ...entry,
  };
}

export function aStart(
  id: TransactionId,
  { row, started, history }: Partial<StartRecord> = {},
): StartRecord {
  const startedAt = Date.now();
  return {
    started: {
      id,
      protocol: 'saga',
      definition: { name: 'place-order', version: 1, hash: 'a1b2' },
      startedAt,
      deadline: startedAt + 600_000,
      labels: {},
      requestHash: 'c3d4',
      startedBy: 'local',
      ...started,
    },
    row: aRow(row),
    history: history ?? [anEntry({ at: startedAt })],
  };
}

/** Moves the row of `id` from `expectedVersion` to the next one, by a reply. */
export function anUpdate(
  id: TransactionId,
  expectedVersion: number,
  { row, ...rest }: Partial<Omit<UpdateRecord, 'row'>> & { row?: Partial<RowState> } = {},
): UpdateRecord {
  const version = expectedVersion + 1;
  const at = Date.now();
  return {
    id,
    expectedVersion,
    row: aRow({ version, seq: version, updatedAt: at, ...row }),
    history: [
      anEntry({
        seq: version,
        version,
        at,
        type: 'reply-received',
        step: 'charge',
        direction: 'action',
        attempt: 1,
        data: '{"reply":{"outcome":"succeeded","reply":{}},"entropy":0.5}',
        produced: null,
      }),
    ],
    ...rest,
  };
}

/** Hands out flushes of one writer, numbered. */
export function flushesOf(writer: number): (flush: Partial<Flush>) => Flush {
  let number = 0;
  return (flush) => ({ writer, flush: ++number, starts: [], updates: [], ...flush });
}
