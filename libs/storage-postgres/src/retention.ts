import {
  StoreError,
  type DroppedHistory,
  type ForgottenBatch,
  type RetentionCursor,
  type RetentionStore,
  type RetentionTurn,
} from '@skald/engine';
import pg from 'pg';
import { PINNED } from './postgres-store.js';
import { connectionConfig } from './session.js';
import { toStoreError } from './store-error.js';

export interface PostgresRetentionOptions {
  /** postgres://… of the coordinator's database. */
  readonly url: string;
  /** No statement of it takes longer, ms. Default 30 s. */
  readonly callTimeoutMs?: number;
}

/** How long taking a partition out may keep everybody waiting, ms. */
const LOCK_TIMEOUT_MS = 500;
/** More transactions than that are not carried over when their history partition is dropped. */
const MOST_SURVIVORS = 10_000;

/** Clean-up on a connection of its own, one instance at a time by an advisory lock. */
export class PostgresRetention implements RetentionStore {
  constructor(private readonly options: PostgresRetentionOptions) {}

  async take(): Promise<RetentionTurn | undefined> {
    const { url, callTimeoutMs = 30_000 } = this.options;
    const settings = { ...PINNED, statement_timeout: String(callTimeoutMs) };
    const client = new pg.Client({
      ...connectionConfig({ url, settings }, 'skald retention'),
      query_timeout: callTimeoutMs + 1_000,
    });
    client.on('error', () => undefined);
    const turn = new Turn(client);
    try {
      await client.connect();
      const isOurs = await turn.lock();
      if (isOurs) return turn;
    } catch (error) {
      await turn.close();
      throw toStoreError(error);
    }
    await turn.close();
    return undefined;
  }
}

class Turn implements RetentionTurn {
  constructor(private readonly client: pg.Client) {}

  async lock(): Promise<boolean> {
    const [row] = await this.rows<{ locked: boolean }>(
      `select pg_try_advisory_lock(hashtext('skald retention')) as locked`,
    );
    return row?.locked === true;
  }

  async forget(
    days: number,
    after: RetentionCursor | null,
    limit: number,
  ): Promise<ForgottenBatch> {
    const from = after ?? { startedAt: '-infinity', id: '00000000-0000-0000-0000-000000000000' };
    const [row] = await this.rows<ForgetRow>(FORGET, [days, from.startedAt, from.id, limit]);
    if (!row) return { forgotten: 0, next: null };
    const { forgotten, looked, started_at: startedAt, id } = row;
    const isLast = looked < limit || startedAt === null || id === null;
    return { forgotten, next: isLast ? null : { startedAt, id } };
  }

  async dropHistory(days: number): Promise<DroppedHistory> {
    const dropped: string[] = [];
    const postponed: string[] = [];
    for (const { name, until } of await this.oldPartitions(days)) {
      ((await this.dropPartition(name, until)) ? dropped : postponed).push(name);
    }
    return { dropped, postponed };
  }

  forgetFlushes(days: number, limit: number): Promise<number> {
    return this.count(FORGET_FLUSHES, [days, limit]);
  }

  forgetTombstones(days: number, limit: number): Promise<number> {
    return this.count(
      `with old as materialized (
         select id from tombstone
          where forgotten_at < now() - $1::integer * interval '1 day'
          order by forgotten_at limit $2
       ), gone as (delete from tombstone as g using old where g.id = old.id returning 1)
       select count(*)::integer as count from gone`,
      [days, limit],
    );
  }

  async forgetClosed(days: number, limit: number): Promise<number> {
    const letters = await this.count(
      `with old as materialized (
         select id from dead_letter
          where state <> 'open' and closed_at < now() - $1::integer * interval '1 day' limit $2
       ), gone as (delete from dead_letter as d using old where d.id = old.id returning 1)
       select count(*)::integer as count from gone`,
      [days, limit],
    );
    if (letters > 0) return letters;
    return this.count(
      `with old as materialized (
         select id from batch where ended_at < now() - $1::integer * interval '1 day' limit 1
       ), items as materialized (
         select i.batch_id, i.transaction_id from batch_item as i
          where i.batch_id = (select id from old) limit $2
       ), gone as (
         delete from batch_item as i using items
          where i.batch_id = items.batch_id and i.transaction_id = items.transaction_id
         returning 1
       ), ended as (
         delete from batch where id = (select id from old) and not exists (select from items)
         returning 1
       )
       select ((select count(*) from gone) + (select count(*) from ended))::integer as count`,
      [days, limit],
    );
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  private oldPartitions(days: number): Promise<{ name: string; until: string }[]> {
    return this.rows(
      `select name, until
         from (
           select c.oid::regclass::text as name,
                  substring(pg_get_expr(c.relpartbound, c.oid) from $$TO \\('([^']+)'\\)$$) as until
             from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
            where i.inhparent = 'transaction_event'::regclass
         ) as partition
        where until::timestamptz < now() - $1::integer * interval '1 day'
        order by until::timestamptz`,
      [days],
    );
  }

  /**
   * False when others would have to wait for it, or when too many transactions of that time are still
   * known. The history of the few that are goes on in the default partition.
   */
  private async dropPartition(name: string, until: string): Promise<boolean> {
    const survivors = await this.rows<{ id: string }>(
      `select id from transaction_start where started_at < $1::timestamptz
        order by started_at limit ${MOST_SURVIVORS + 1}`,
      [until],
    );
    if (survivors.length > MOST_SURVIVORS) return false;
    try {
      await this.rows(`begin; set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
      await this.rows(`alter table transaction_event detach partition ${name}`);
      await this.rows(
        `insert into transaction_event
         select e.* from unnest($1::uuid[]) as survivor (id)
           join ${name} as e on e.transaction_id = survivor.id`,
        [survivors.map(({ id }) => id)],
      );
      await this.rows(`drop table ${name}`);
      await this.rows('commit');
      return true;
    } catch (error) {
      await this.rows('rollback');
      if (error instanceof StoreError && error.kind === 'conflict') return false;
      throw error;
    }
  }

  private async count(text: string, values: unknown[]): Promise<number> {
    const [row] = await this.rows<{ count: number }>(text, values);
    return row?.count ?? 0;
  }

  private async rows<Row extends object>(text: string, values?: unknown[]): Promise<Row[]> {
    try {
      return (await this.client.query<Row & pg.QueryResultRow>(text, values)).rows;
    } catch (error) {
      throw toStoreError(error);
    }
  }
}

interface ForgetRow {
  readonly forgotten: number;
  readonly looked: number;
  readonly started_at: string | null;
  readonly id: string | null;
}

export const FORGET_FLUSHES = `
  with old as materialized (
    select writer, flush from transaction_flush
     where at < now() - $1::integer * interval '1 day'
     order by at limit $2
  ), gone as (
    delete from transaction_flush as f using old
     where f.writer = old.writer and f.flush = old.flush
    returning 1
  )
  select count(*)::integer as count from gone`;

/** Goes through the transactions by start, since that index exists; how they ended decides. */
export const FORGET = `
  with old as materialized (
    select s.id, s.started_at, s.request_hash
      from transaction_start as s
     where s.started_at < now() - $1::integer * interval '1 day'
       and (s.started_at, s.id) > ($2::timestamptz, $3::uuid)
     order by s.started_at, s.id limit $4
  ), gone as (
    delete from transaction as t using old
     where t.id = old.id and t.ended_at < now() - $1::integer * interval '1 day'
    returning t.id, t.ended_at, old.request_hash
  ), unstarted as (
    delete from transaction_start as s using gone where s.id = gone.id
  ), carried as (
    delete from transaction_event_default as e using gone where e.transaction_id = gone.id
  ), remembered as (
    insert into tombstone (id, request_hash, ended_at)
    select id, request_hash, ended_at from gone
  )
  select (select count(*)::integer from gone) as forgotten,
         (select count(*)::integer from old) as looked,
         (select started_at::text from old order by started_at desc, id desc limit 1) as started_at,
         (select id::text from old order by started_at desc, id desc limit 1) as id`;
