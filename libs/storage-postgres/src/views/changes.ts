import type { Direction, EventType, Status, TransactionId } from '@skald/core';
import type { Change, ChangePage, StreamPosition } from '@skald/engine';
import type { Reader } from './reader.js';

interface ChangeRow {
  readonly id: TransactionId;
  readonly definition: string;
  readonly status: Status;
  readonly version: number;
  readonly at: number;
  readonly type: EventType;
  readonly step: string | null;
  readonly direction: Direction | null;
  readonly writer: number;
  readonly flush: number;
  readonly ordinal: number;
}

/**
 * What became visible after `position`. A writer's flushes become visible in order, so the last one
 * seen of each writer is a position that misses nothing. A sequence would not be (commits overtake
 * each other), nor a snapshot's horizon (an open transaction anywhere holds it back).
 */
export async function changes(
  reader: Reader,
  position: StreamPosition | null,
  limit: number,
): Promise<ChangePage> {
  if (position === null) return { changes: [], position: await present(reader) };
  const seen = Object.entries(position);
  const rows = await reader.rows<ChangeRow>(CHANGES, [
    seen.map(([writer]) => Number(writer)),
    seen.map(([, [flush]]) => flush),
    seen.map(([, [, ordinal]]) => ordinal),
    limit,
  ]);
  let reached = position;
  const merged = inOrder(rows).slice(0, limit);
  const listed = merged.map(({ writer, flush, ordinal, ...change }): Change => {
    reached = { ...reached, [writer]: [flush, ordinal] };
    return { ...change, position: reached };
  });
  return { changes: listed, position: reached };
}

/** A writer that is not in the position joined after it was taken: all it wrote is new. */
const CHANGES = `
  select n.*, s.definition
    from (select c.incarnation as writer, coalesce(p.flush, 0) as flush,
                 coalesce(p.ordinal, 0) as ordinal
            from coordinator as c
            left join unnest($1::integer[], $2::bigint[], $3::integer[])
                      as p (writer, flush, ordinal) on p.writer = c.incarnation) as seen
   cross join lateral (
     select e.transaction_id as id, e.status, e.version, e.at, e.type, e.step, e.direction,
            e.writer, e.flush, e.ordinal
       from transaction_event as e
      where e.writer = seen.writer and (e.flush, e.ordinal) > (seen.flush, seen.ordinal)
      order by e.flush, e.ordinal limit $4
   ) as n
    join transaction_start as s on s.id = n.id
   order by n.writer, n.flush, n.ordinal`;

/** The last flush of every writer. */
async function present(reader: Reader): Promise<StreamPosition> {
  const rows = await reader.rows<Pick<ChangeRow, 'writer' | 'flush' | 'ordinal'>>(`
    select c.incarnation as writer, coalesce(l.flush, 0) as flush, coalesce(l.ordinal, 0) as ordinal
      from coordinator as c
      left join lateral (
        select e.flush, e.ordinal from transaction_event as e
         where e.writer = c.incarnation order by e.flush desc, e.ordinal desc limit 1
      ) as l on true`);
  return Object.fromEntries(rows.map(({ writer, flush, ordinal }) => [writer, [flush, ordinal]]));
}

/** All writers' rows by time, without ever changing the order within a writer. */
function inOrder(rows: readonly ChangeRow[]): ChangeRow[] {
  const queues = new Map<number, ChangeRow[]>();
  for (const row of rows) {
    const queue = queues.get(row.writer);
    if (queue) queue.push(row);
    else queues.set(row.writer, [row]);
  }
  const heads = [...queues.values()].map((queue) => ({ queue, next: 0 }));
  const merged: ChangeRow[] = [];
  while (merged.length < rows.length) {
    const [oldest] = heads
      .filter(({ queue, next }) => next < queue.length)
      .sort((a, b) => (a.queue[a.next]?.at ?? 0) - (b.queue[b.next]?.at ?? 0));
    const row = oldest?.queue[oldest.next];
    if (!oldest || !row) break;
    oldest.next += 1;
    merged.push(row);
  }
  return merged;
}
