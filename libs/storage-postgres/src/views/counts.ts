import type { Definition, Status } from '@skald/core';
import type { ListFilter, StatusCounts } from '@skald/engine';
import { conditionsOf } from './filter.js';
import { Values, type Reader } from './reader.js';

/** Up to here transactions of a kind (unfinished, ended) are counted one by one. */
const COUNTED = 10_000;

interface Counting {
  readonly filter: ListFilter;
  readonly definitions: readonly Definition[];
}

/**
 * Unfinished and ended ones are counted apart: there are few of the first, and they matter most. Of a
 * kind that has more than can be counted, the planner's estimate is spread over the statuses as they
 * are among those that were counted: the newest, where they ended.
 */
export async function counts(
  reader: Reader,
  { filter, definitions }: Counting,
): Promise<StatusCounts> {
  const { statuses: _, ...rest } = filter;
  const counting = { filter: rest, definitions };
  const kinds = await Promise.all([false, true].map((isEnded) => count(reader, counting, isEnded)));
  return {
    counts: Object.fromEntries(kinds.flatMap((kind) => kind.counts)),
    isEstimated: kinds.some((kind) => kind.isEstimated),
  };
}

async function count(reader: Reader, counting: Counting, isEnded: boolean) {
  const values = new Values();
  const rows = await reader.rows<{ status: Status; count: number }>(
    `select status, count(*) as count
       from (select t.status from ${matching(counting, isEnded, values)}
             ${isEnded ? 'order by s.started_at desc' : ''}
             limit ${values.add(COUNTED + 1)}) as bounded
      group by status`,
    values.list,
  );
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  const isEstimated = total > COUNTED;
  const all = isEstimated ? Math.max(total, await estimate(reader, counting, isEnded)) : total;
  const counts = rows.map(({ status, count }): [Status, number] => [
    status,
    Math.round((count / total) * all),
  ]);
  return { counts, isEstimated };
}

/** How many rows the planner expects; it reads none of them. */
async function estimate(reader: Reader, counting: Counting, isEnded: boolean): Promise<number> {
  const values = new Values();
  const [row] = await reader.rows<{ 'QUERY PLAN': readonly [{ Plan: { 'Plan Rows': number } }] }>(
    `explain (format json) select from ${matching(counting, isEnded, values)}`,
    values.list,
  );
  return row?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}

function matching({ filter, definitions }: Counting, isEnded: boolean, values: Values): string {
  return `transaction_start as s join transaction as t using (id)
          where t.ended_at is ${isEnded ? 'not null' : 'null'}
            and ${conditionsOf(filter, values, definitions)}`;
}
