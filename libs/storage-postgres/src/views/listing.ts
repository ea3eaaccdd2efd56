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

/** A decision that is not acknowledged for so long is in doubt: its participants hold locks. */
const IN_DOUBT_AFTER_MS = 10_000;

/**
 * Decided a while ago and not acknowledged by all, or told in vain many times. The core writes the time of
 * the decision as `d`, and the doubt as `i`, into states that wait for acknowledgements.
 */
const IN_DOUBT = `(
  t.status <> 'parked' and (
    strpos(t.state, '"i":1') > 0
    or strpos(t.state, '"d":') > 0
       and (t.state::json ->> 'd')::float8
           < extract(epoch from now()) * 1000 - ${IN_DOUBT_AFTER_MS}))`;

/** Undecided past its deadline, or turned forward for good and late. */
const OVERDUE = `(s.deadline < now() and t.status not in ('committing', 'aborting'))`;

/** A contradiction that a human took notice of stays parked, and asks for nobody any more. */
const ACKNOWLEDGED = `(t.state::json #>> '{k,isAcknowledged}' = 'true')`;

/**
 * Parked ones first, then those in doubt, then overdue ones, then those without a definition; of each the
 * longest waiting first.
 */
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
        select case when t.status = 'parked' then 0 when ${IN_DOUBT} then 1
                    when ${OVERDUE} then 2 else 3 end as rank
      ) as r
      cross join lateral (
        select r.rank, case when r.rank < 2 then t.updated_at else s.deadline end as since
      ) as n
      where t.ended_at is null
        and (t.status = 'parked' and ${ACKNOWLEDGED} is not true
             or n.rank in (1, 2) or t.waiting_for ^@ ${values.add(DEFINITION_MISSING)})
        and ${after}
      order by n.rank, n.since, t.id limit ${values.add(page.limit + 1)}`,
    values.list,
  );
  return toPage(rows, page, { item: toListed, key: (row) => [row.rank, row.since, row.id] });
}
