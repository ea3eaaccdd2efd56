import type { Direction, EventType, Status, TransactionId } from '@skald/core';
import type { Change, ChangePage, StreamPosition, WantedChanges } from '@skald/engine';
import { merged, type Queue } from './merged.js';
import type { Reader } from './reader.js';

interface ChangeRow {
  readonly id: TransactionId;
  readonly definition: string;
  readonly status: Status;
  readonly version: number;
  readonly seq: number;
  readonly at: number;
  readonly type: EventType;
  readonly step: string | null;
  readonly direction: Direction | null;
  readonly writer: number;
  readonly flush: number;
  readonly ordinal: number;
  /** How many changes of this writer there are on the page, with those that are left out. */
  readonly written: number;
}

/**
 * What became visible after `position`. A writer's flushes become visible in order, so the last one
 * seen of each writer is a position that misses nothing. A sequence would not be (commits overtake
 * each other), nor a snapshot's horizon (an open transaction anywhere holds it back).
 *
 * The changes of one transaction come in the order of its history, whoever wrote them.
 */
export async function changes(
  reader: Reader,
  position: StreamPosition | null,
  limit: number,
  wanted: WantedChanges,
): Promise<ChangePage> {
  if (position === null) {
    return { changes: [], position: await present(reader), hasMore: false };
  }
  const queues = await queuesAfter(reader, position, limit, wanted);
  const ordered = merged(queues, await heldBack(reader, queues)).slice(0, limit);
  let reached = position;
  const listed = ordered.map((row): Change => {
    reached = { ...reached, [row.writer]: [row.flush, row.ordinal] };
    const { id, definition, status, version, at, type, step, direction } = row;
    return { id, definition, status, version, at, type, step, direction, position: reached };
  });
  const read = queues.reduce((sum, { rows }) => sum + rows.length, 0);
  const hasMore = listed.length < read || queues.some(({ isCut }) => isCut);
  return { changes: listed, position: reached, hasMore };
}

async function queuesAfter(
  reader: Reader,
  position: StreamPosition,
  limit: number,
  wanted: WantedChanges,
): Promise<Queue<ChangeRow>[]> {
  const seen = Object.entries(position);
  const rows = await reader.rows<ChangeRow>(CHANGES, [
    seen.map(([writer]) => Number(writer)),
    seen.map(([, [flush]]) => flush),
    seen.map(([, [, ordinal]]) => ordinal),
    ...[limit, wanted === 'latest'],
  ]);
  const queues = queuesOf(rows, limit);
  // Where one writer's changes go on behind another's, only their numbers tell which has to wait.
  const isAmbiguous = queues.length > 1 && queues.some(({ isCut }) => isCut);
  if (wanted === 'latest' && isAmbiguous) return queuesAfter(reader, position, limit, 'all');
  return queues;
}

/** What a flush `f` wrote, in order. */
const WRITTEN = `unnest(f.transaction_ids, f.seqs) with ordinality as w (id, seq, ordinal)`;

/**
 * A writer that is not in the position joined after it was taken: all it wrote is new. With `$5` a change
 * that the same writer's next one of that transaction follows is left out. A writer's last one never is,
 * so that the position goes on as far.
 */
const CHANGES = `
  select r.*, s.definition
    from (
     select n.*, count(*) over (partition by n.writer)::integer as written,
            row_number() over (partition by n.writer, n.id order by n.seq desc) = 1 as is_latest
       from (select c.incarnation as writer, coalesce(p.flush, 0) as flush,
                    coalesce(p.ordinal, 0) as ordinal
               from coordinator as c
               left join unnest($1::integer[], $2::bigint[], $3::integer[])
                         as p (writer, flush, ordinal) on p.writer = c.incarnation) as seen
      cross join lateral (
        select e.transaction_id as id, e.status, e.version, e.seq, e.at, e.type, e.step, e.direction,
               f.writer, f.flush, w.ordinal
          from transaction_flush as f
         cross join lateral ${WRITTEN}
         cross join lateral (
           select * from transaction_event as e
            where e.transaction_id = w.id and e.seq = w.seq and e.at >= f.at offset 0
         ) as e
         where f.writer = seen.writer and f.flush >= seen.flush
           and (f.flush, w.ordinal) > (seen.flush, seen.ordinal)
         order by f.flush, w.ordinal limit $4
      ) as n
    ) as r
    join transaction_start as s on s.id = r.id
   where r.is_latest or not $5
   order by r.writer, r.flush, r.ordinal`;

/** The last flush of every writer. */
async function present(reader: Reader): Promise<StreamPosition> {
  const rows = await reader.rows<Pick<ChangeRow, 'writer' | 'flush' | 'ordinal'>>(`
    select c.incarnation as writer, coalesce(l.flush, 0) as flush, coalesce(l.ordinal, 0) as ordinal
      from coordinator as c
      left join lateral (
        select f.flush, cardinality(f.seqs) as ordinal from transaction_flush as f
         where f.writer = c.incarnation order by f.flush desc limit 1
      ) as l on true`);
  return Object.fromEntries(rows.map(({ writer, flush, ordinal }) => [writer, [flush, ordinal]]));
}

function queuesOf(rows: readonly ChangeRow[], limit: number): Queue<ChangeRow>[] {
  const queues = new Map<number, ChangeRow[]>();
  for (const row of rows) {
    const queue = queues.get(row.writer);
    if (queue) queue.push(row);
    else queues.set(row.writer, [row]);
  }
  return [...queues.values()].map((all) => ({
    rows: all,
    isCut: (all[0]?.written ?? 0) >= limit,
  }));
}

/**
 * Transactions of which an earlier change lies behind the end of a writer's queue that was cut: theirs
 * have to wait. Asked only where a queue was cut and another one may overtake it.
 */
async function heldBack(
  reader: Reader,
  queues: readonly Queue<ChangeRow>[],
): Promise<ReadonlySet<string>> {
  const cut = queues.flatMap(({ rows, isCut }) => (isCut ? (rows.at(-1) ?? []) : []));
  if (cut.length === 0 || queues.length === 1) return new Set();
  const first = new Map<string, number>();
  for (const { id, seq } of queues.flatMap(({ rows }) => rows)) {
    first.set(id, Math.min(seq, first.get(id) ?? Infinity));
  }
  const held = await reader.rows<{ id: string }>(
    `select distinct e.transaction_id as id
       from unnest($1::uuid[], $2::integer[]) as first (id, seq)
       join transaction_event as e on e.transaction_id = first.id and e.seq = first.seq - 1
       join unnest($3::integer[], $4::bigint[], $5::integer[]) as c (writer, flush, ordinal)
         on c.writer = e.writer and c.flush <= e.flush
       join transaction_flush as f on f.writer = e.writer and f.flush = e.flush
      cross join lateral ${WRITTEN}
      where w.id = e.transaction_id and w.seq = e.seq
        and (f.flush, w.ordinal) > (c.flush, c.ordinal)`,
    [
      [...first.keys()],
      [...first.values()],
      ...[cut.map(({ writer }) => writer), cut.map(({ flush }) => flush)],
      cut.map(({ ordinal }) => ordinal),
    ],
  );
  return new Set(held.map(({ id }) => id));
}
