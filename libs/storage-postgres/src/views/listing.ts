import type { Definition, TransactionId } from '@skald/core';
import type { ListedTransaction, ListFilter, Page, PageOf } from '@skald/engine';
import { toListed, TRANSACTION_COLUMNS, type TransactionRow } from '../rows.js';
import { keyOf, toPage } from './cursor.js';
import { conditionsOf } from './filter.js';
import { Values, type Reader } from './reader.js';

/** The newest first. What is started or moves meanwhile neither repeats nor hides a row of a later page. */
export async function list(
  reader: Reader,
  {
    filter,
    page,
    definitions,
  }: { filter: ListFilter; page: Page; definitions: readonly Definition[] },
): Promise<PageOf<ListedTransaction>> {
  const values = new Values();
  const conditions = conditionsOf(filter, values, definitions);
  const key = keyOf(page, [0, '']);
  const after = key
    ? `(s.started_at, s.id) < (${values.time(Number(key[0]))}, ${values.add(key[1])}::uuid)`
    : 'true';
  const rows = await reader.rows<TransactionRow>(
    `select ${TRANSACTION_COLUMNS}
       from transaction_start as s join transaction as t using (id)
      where ${conditions} and ${after}
      order by s.started_at desc, s.id desc limit ${values.add(page.limit + 1)}`,
    values.list,
  );
  return toPage(rows, page, { item: toListed, key: (row) => [row.started_at, row.id] });
}

export async function listed(
  reader: Reader,
  ids: readonly TransactionId[],
): Promise<ListedTransaction[]> {
  if (ids.length === 0) return [];
  const rows = await reader.rows<TransactionRow & object>(
    `select ${TRANSACTION_COLUMNS}
       from transaction as t join transaction_start as s using (id)
      where t.id = any($1::uuid[])`,
    [ids],
  );
  return rows.map(toListed);
}

/** Neither ended nor parked, by the time of its start. */
export async function oldestOpen(reader: Reader): Promise<ListedTransaction | undefined> {
  const [row] = await reader.rows<TransactionRow & object>(`
    select ${TRANSACTION_COLUMNS}
      from transaction as t join transaction_start as s using (id)
     where t.ended_at is null and t.status <> 'parked'
     order by s.started_at, s.id limit 1`);
  return row && toListed(row);
}

/** Beginning of `waiting_for` of rows whose definition no instance that looked has. */
const DEFINITION_MISSING = 'definition-missing';

/** Parked ones first, then overdue ones, then those without a definition; of each the longest waiting first. */
export async function attention(reader: Reader, page: Page): Promise<PageOf<ListedTransaction>> {
  const values = new Values();
  const key = keyOf(page, [0, 0, '']);
  const after = key
    ? `(n.rank, n.since, t.id) > (${values.add(key[0])}::integer, ${values.time(Number(key[1]))},
                                  ${values.add(key[2])}::uuid)`
    : 'true';
  const rows = await reader.rows<TransactionRow & { rank: number; since: number }>(
    `select ${TRANSACTION_COLUMNS}, n.rank, n.since
       from transaction as t join transaction_start as s using (id)
      cross join lateral (
        select case when t.status = 'parked' then 0 when s.deadline < now() then 1 else 2 end as rank,
               case when t.status = 'parked' then t.updated_at else s.deadline end as since
      ) as n
      where t.ended_at is null
        and (t.status = 'parked' or s.deadline < now()
             or t.waiting_for ^@ ${values.add(DEFINITION_MISSING)})
        and ${after}
      order by n.rank, n.since, t.id limit ${values.add(page.limit + 1)}`,
    values.list,
  );
  return toPage(rows, page, { item: toListed, key: (row) => [row.rank, row.since, row.id] });
}
