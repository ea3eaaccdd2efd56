import type { Definition, TransactionId } from '@skald/core';
import type {
  AuditEntry,
  Batch,
  BatchAction,
  BatchItem,
  BatchResult,
  BatchScope,
  BatchState,
  BatchStore,
  NewBatch,
  Page,
  PageOf,
} from '@skald/engine';
import { keyOf, toPage } from './cursor.js';
import { conditionsOf } from './filter.js';
import { Values, type Reader } from './reader.js';

interface BatchRow {
  readonly id: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly ended_at: number | null;
  readonly action: BatchAction;
  readonly reason: string;
  readonly asked_by: string;
  readonly request_hash: string;
  readonly scope: string;
  readonly state: BatchState;
  readonly total: number;
  readonly done: number;
  readonly refused: number;
}

const COLUMNS = `id, created_at, updated_at, ended_at, action, reason, asked_by, request_hash, scope,
                 state, total, done, refused`;

/** Batches in the coordinators' database. */
export class PostgresBatches implements BatchStore {
  constructor(
    private readonly reader: Reader,
    private readonly definitions: readonly Definition[],
  ) {}

  async create(batch: NewBatch, most: number): Promise<Batch | undefined> {
    const { id, action, reason, by, requestHash, scopeJson } = batch;
    const values = new Values();
    const add = (value: unknown) => values.add(value);
    const chosen = this.scopeQuery(batch.scope, values, most + 1);
    // Of two that come at once with one id, the second waits for the first and adds nothing.
    await this.reader.rows(
      `with chosen as materialized (${chosen}),
       counted as (select count(*)::integer as total from chosen),
       entered as (
         insert into batch (id, action, reason, asked_by, request_hash, scope, total)
         select ${add(id)}::uuid, ${add(action)}, ${add(reason)}, ${add(by)}, ${add(requestHash)},
                ${add(scopeJson)}, total
           from counted where total between 1 and ${add(most)}
         on conflict (id) do nothing
         returning id, total, created_at
       ), items as (
         insert into batch_item (batch_id, transaction_id)
         select entered.id, chosen.id from entered cross join chosen
       )
       insert into audit_log (at, actor, action, object, reason, result, data)
       select created_at, ${add(by)}, ${add(`batch-${action}`)}, id::text, ${add(reason)}, 'done',
              json_build_object('total', total, 'scope', ${add(scopeJson)}::json)::text
         from entered`,
      values.list,
    );
    return this.find(id);
  }

  async find(id: string): Promise<Batch | undefined> {
    const [row] = await this.reader.rows<BatchRow & object>(
      `select ${COLUMNS} from batch where id = $1`,
      [id],
    );
    return row && toBatch(row);
  }

  async list(page: Page): Promise<PageOf<Batch>> {
    const values = new Values();
    const key = keyOf(page, [0, '']);
    const older = key
      ? `(created_at, id) < (${values.time(Number(key[0]))}, ${values.add(key[1])}::uuid)`
      : 'true';
    const rows = await this.reader.rows<BatchRow & object>(
      `select ${COLUMNS} from batch where ${older}
        order by created_at desc, id desc limit ${values.add(page.limit + 1)}`,
      values.list,
    );
    return toPage(rows, page, { item: toBatch, key: (row) => [row.created_at, row.id] });
  }

  refusals(id: string, limit: number): Promise<BatchResult[]> {
    return this.reader.rows<BatchResult & object>(
      `select transaction_id as transaction, state, detail from batch_item
        where batch_id = $1 and state = 'refused' order by transaction_id limit $2`,
      [id, limit],
    );
  }

  async cancel(id: string, audit: AuditEntry): Promise<boolean> {
    const { at, actor, action, object, reason, result } = audit;
    const cancelled = await this.reader.rows(
      `with cancelled as (
         update batch set state = 'cancelled', updated_at = clock_timestamp(),
                          ended_at = clock_timestamp()
          where id = $1 and state = 'running' returning id
       )
       insert into audit_log (at, actor, action, object, reason, result)
       select $2, $3, $4, $5, $6, $7 from cancelled returning 1`,
      [id, new Date(at), actor, action, object, reason, result],
    );
    return cancelled.length === 1;
  }

  async inScope(scope: BatchScope, limit: number): Promise<TransactionId[]> {
    const values = new Values();
    const query = this.scopeQuery(scope, values, limit);
    const rows = await this.reader.rows<{ id: TransactionId }>(query, values.list);
    return rows.map(({ id }) => id);
  }

  async take(worker: string, leaseMs: number): Promise<Batch | undefined> {
    const [row] = await this.reader.rows<BatchRow & object>(
      `update batch set worker = $1, worker_until = now() + $2::integer * interval '1 ms'
        where id = (
          select id from batch
           where state = 'running' and (worker = $1 or worker_until < now())
           order by created_at limit 1 for update skip locked
        )
       returning ${COLUMNS}`,
      [worker, Math.round(leaseMs)],
    );
    return row && toBatch(row);
  }

  /**
   * Version and audit row are seen in one snapshot: where the version moved and the audit has nothing,
   * the order was not carried out at the version pinned before and never will be, so that a newer one
   * may be pinned. A version is never pinned back.
   */
  async next(id: string, limit: number): Promise<BatchItem[]> {
    const rows = await this.reader.rows<ItemRow>(
      `with chosen as materialized (
         select i.transaction_id, i.version as pinned
           from batch_item as i where i.batch_id = $1 and i.state = 'open'
          order by i.tries, i.transaction_id limit $2 for update skip locked
       ), seen as materialized (
         select c.transaction_id, t.version,
                c.pinned is not null and (
                  select true from audit_log as a
                   where a.object = c.transaction_id::text and a.result = 'done'
                     and a.data::json ->> 'batch' = $1::text limit 1
                ) is true as is_done
           from chosen as c left join transaction as t on t.id = c.transaction_id
       )
       update batch_item as i
          set version = greatest(i.version, s.version), tries = i.tries + 1
         from seen as s
        where i.batch_id = $1 and i.transaction_id = s.transaction_id and i.state = 'open'
       returning i.transaction_id as transaction, s.version is not null as exists, i.version,
                 i.tries, s.is_done`,
      [id, limit],
    );
    return rows.map(({ transaction, exists, version, tries, is_done: isDone }) => {
      return { transaction, version: exists ? (version ?? undefined) : undefined, isDone, tries };
    });
  }

  async settle(id: string, results: readonly BatchResult[]): Promise<void> {
    await this.reader.rows(
      `with settled as (
         update batch_item as i set state = r.state, detail = r.detail
           from unnest($2::uuid[], $3::text[], $4::text[]) as r (transaction_id, state, detail)
          where i.batch_id = $1 and i.transaction_id = r.transaction_id and i.state = 'open'
         returning i.state
       )
       update batch
          set done = done + (select count(*) from settled where state = 'done'),
              refused = refused + (select count(*) from settled where state = 'refused'),
              updated_at = clock_timestamp()
        where id = $1`,
      [
        id,
        results.map(({ transaction }) => transaction),
        results.map(({ state }) => state),
        results.map(({ detail }) => detail),
      ],
    );
  }

  async finish(id: string): Promise<void> {
    await this.reader.rows(
      `update batch set state = 'done', updated_at = clock_timestamp(), ended_at = clock_timestamp()
        where id = $1 and state = 'running'
          and not exists (select from batch_item where batch_id = $1 and state = 'open')`,
      [id],
    );
  }

  /** Ids; under a filter those of unfinished transactions: nothing can be ordered of an ended one. */
  private scopeQuery(scope: BatchScope, values: Values, limit: number): string {
    if ('ids' in scope) {
      const ids = [...new Set(scope.ids)];
      return `select id from unnest(${values.add(ids)}::uuid[]) as id limit ${values.add(limit)}`;
    }
    const conditions = conditionsOf(scope.filter, values, this.definitions);
    return `select s.id from transaction_start as s join transaction as t using (id)
             where t.ended_at is null and ${conditions} limit ${values.add(limit)}`;
  }
}

interface ItemRow {
  readonly transaction: TransactionId;
  readonly exists: boolean;
  readonly version: number | null;
  readonly tries: number;
  readonly is_done: boolean;
}

function toBatch(row: BatchRow): Batch {
  const { asked_by: by, request_hash: requestHash, scope: scopeJson, ...rest } = row;
  const { created_at: createdAt, updated_at: updatedAt, ended_at: endedAt, ...plain } = rest;
  return { ...plain, by, requestHash, scopeJson, createdAt, updatedAt, endedAt };
}
