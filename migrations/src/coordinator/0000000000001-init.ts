import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where transactions live: one small row that moves, one that never changes, and the history.
 *
 * What is indexed, and why nothing else is, stands in docs/decisions/0002-rows-and-indexes.md.
 */
export class CoordinatorInit0000000000001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...COORDINATORS, ...TRANSACTIONS, ...HISTORY, ...OPERATING]) {
      await db.query(statement);
    }
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const COORDINATORS = [
  // One row per process start. Its number owns rows and signs flushes.
  `create table coordinator (
     incarnation integer generated always as identity primary key,
     name text not null,
     joined_at timestamptz not null default clock_timestamp(),
     heartbeat_at timestamptz not null default clock_timestamp(),
     lease_ms integer not null default 5000,
     left_at timestamptz
   ) with (fillfactor = 50)`,
];

const TRANSACTIONS = [
  // Everything but the key moves. Free space on each page keeps updates there, away from the key's index.
  `create table transaction (
     id uuid primary key,
     version integer not null,
     seq integer not null,
     -- Who keeps it in memory; 0 while nobody does, because it sleeps or is parked.
     owner integer not null,
     writer integer not null,
     flush bigint not null,
     due_at timestamptz,
     wake_at timestamptz,
     updated_at timestamptz not null,
     ended_at timestamptz,
     status text not null,
     waiting_for text,
     state text not null
   ) with (
     fillfactor = 50,
     autovacuum_vacuum_threshold = 2000,
     autovacuum_vacuum_scale_factor = 0.02,
     autovacuum_analyze_threshold = 500,
     autovacuum_analyze_scale_factor = 0.05
   )`,
  // A running transaction neither sleeps nor parks nor ends: its updates leave these indexes alone.
  `create index transaction_open on transaction (owner) where ended_at is null`,
  `create index transaction_due on transaction (waiting_for, wake_at) where wake_at is not null`,
  `create index transaction_parked on transaction (id) where status = 'parked'`,
  // Block ranges in order of time; since PostgreSQL 16 such an index does not stand in the way of HOT.
  `create index transaction_ended on transaction using brin (ended_at)`,
  `create table transaction_start (
     id uuid primary key,
     protocol text not null,
     definition text not null,
     definition_version integer not null,
     definition_hash text not null,
     started_at timestamptz not null,
     deadline timestamptz not null,
     request_hash text not null,
     started_by text not null,
     labels jsonb
   )`,
  `create index transaction_start_newest on transaction_start (started_at, id)`,
  `create index transaction_start_definition on transaction_start (definition, started_at, id)`,
  `create index transaction_start_labels on transaction_start using gin (labels jsonb_path_ops)
     where labels is not null`,
];

const HISTORY = [
  // data and produced are text: a request leaves byte by byte as it was first stored.
  `create table transaction_event (
     transaction_id uuid not null,
     seq integer not null,
     version integer not null,
     attempt integer,
     writer integer not null,
     flush bigint not null,
     ordinal integer not null,
     at timestamptz not null,
     carries_payload boolean not null,
     type text not null,
     status text not null,
     step text,
     direction text,
     asked_by text,
     data text not null,
     produced text
   ) partition by range (at)`,
  `create index transaction_event_of on transaction_event (transaction_id, seq)`,
  `create index transaction_event_position on transaction_event (writer, flush, ordinal)`,
  // Takes what no other partition covers, so that no insert fails for want of one.
  `create table transaction_event_default partition of transaction_event default`,
  /**
   * Makes the partitions of this week and the \`ahead\` next ones, those that are missing. One caller
   * at a time; another that comes meanwhile leaves it to the first. Attaching waits for no insert.
   * A week of which rows lie in the default partition already stays there.
   */
  `create function create_event_partitions(ahead integer) returns void language plpgsql as $$
   declare
     week date;
     partition text;
   begin
     if not pg_try_advisory_xact_lock(hashtext('skald create_event_partitions')) then
       return;
     end if;
     for week in
       select (date_trunc('week', now() at time zone 'UTC') + n * interval '1 week')::date
         from generate_series(0, ahead) as n
     loop
       partition := 'transaction_event_' || to_char(week, 'IYYY"w"IW');
       continue when to_regclass(partition) is not null;
       begin
         execute format('create table %I (like transaction_event including all)', partition);
         execute format(
           'alter table transaction_event attach partition %I for values from (%L) to (%L)',
           partition, week::text || ' 00:00+00', (week + 7)::text || ' 00:00+00');
       exception when check_violation then
         raise notice 'rows of % stay in the default partition', partition;
       end;
     end loop;
   end $$`,
  `select create_event_partitions(2)`,
];

const OPERATING = [
  `create table audit_log (
     id bigint generated always as identity primary key,
     at timestamptz not null,
     actor text not null,
     action text not null,
     object text not null,
     expected_version integer,
     new_version integer,
     reason text,
     result text not null,
     data text
   )`,
  `create index audit_log_object on audit_log (object, id)`,
  `create function refuse_change() returns trigger language plpgsql as $$
   begin
     raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
   end $$`,
  `create trigger audit_log_append_only before update or delete or truncate on audit_log
     for each statement execute function refuse_change()`,
  `create table dead_letter (
     id bigint generated always as identity primary key,
     at timestamptz not null default clock_timestamp(),
     source text not null,
     reason text not null,
     headers json not null,
     payload bytea not null,
     state text not null default 'open' check (state in ('open', 'replayed', 'discarded')),
     closed_at timestamptz
   )`,
];
