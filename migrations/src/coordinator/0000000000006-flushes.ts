import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Fewer bytes of WAL for each transition (docs/decisions/0014-bytes-of-a-transition.md): what a flush
 * wrote is told by one row instead of an index entry for each row of history, words that are always the
 * same are enums, and columns lie so that nothing is padded.
 *
 * It writes the tables anew, so that no row carries columns that are gone, and keeps everybody out
 * meanwhile.
 */
export class CoordinatorFlushes0000000000006 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...TRANSACTIONS, ...WORDS, ...HISTORY, ...FLUSHES, ...STARTS]) {
      await db.query(statement);
    }
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const TRANSACTIONS = [
  `alter table transaction rename to transaction_before`,
  // What most updates leave as it is comes first: WAL holds only what follows.
  `create table transaction (
     id uuid not null,
     -- Who keeps it in memory; 0 while nobody does, because it sleeps or is parked.
     owner integer not null,
     writer integer not null,
     status text not null,
     due_at timestamptz,
     wake_at timestamptz,
     updated_at timestamptz not null,
     ended_at timestamptz,
     flush bigint not null,
     version integer not null,
     seq integer not null,
     waiting_for text,
     state text not null
   ) with (
     fillfactor = 50,
     autovacuum_vacuum_threshold = 2000,
     autovacuum_vacuum_scale_factor = 0.02,
     autovacuum_analyze_threshold = 500,
     autovacuum_analyze_scale_factor = 0.05
   )`,
  `insert into transaction
   select id, owner, writer, status, due_at, wake_at, updated_at, ended_at, flush, version, seq,
          waiting_for, state
     from transaction_before`,
  `drop table transaction_before`,
  `alter table transaction add primary key (id)`,
  `create index transaction_open on transaction (owner) where ended_at is null`,
  `create index transaction_due on transaction (waiting_for, wake_at) where wake_at is not null`,
  `create index transaction_parked on transaction (id) where status = 'parked'`,
];

const WORDS = [
  `create type event_type as enum (
     'started', 'reply-received', 'vote-received', 'decision-acknowledged', 'timed-out',
     'deadline-passed', 'cancel-requested', 'retry-requested', 'skip-requested', 'resolve-requested',
     'park-requested'
   )`,
  `create type event_status as enum (
     'running', 'compensating', 'preparing', 'committing', 'aborting', 'completed', 'compensated',
     'committed', 'aborted', 'parked'
   )`,
  `create type event_direction as enum (
     'action', 'compensation', 'bar', 'prepare', 'commit', 'abort'
   )`,
];

const HISTORY = [
  `alter table transaction_event rename to transaction_event_before`,
  `create table transaction_event (
     at timestamptz not null,
     flush bigint not null,
     transaction_id uuid not null,
     writer integer not null,
     seq integer not null,
     version integer not null,
     attempt integer,
     type event_type not null,
     status event_status not null,
     direction event_direction,
     carries_payload boolean not null,
     step text,
     asked_by text,
     -- A request leaves byte by byte as it was first stored: no json.
     data text not null,
     produced text
   ) partition by range (at)`,
  // The same partitions under the same names.
  `do $$
   declare
     partition record;
   begin
     for partition in
       select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bounds
         from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
        where i.inhparent = 'transaction_event_before'::regclass
     loop
       execute format('alter table %I rename to %I', partition.name, 'before_' || partition.name);
       execute format('create table %I partition of transaction_event %s',
                      partition.name, partition.bounds);
     end loop;
   end $$`,
  `insert into transaction_event
   select at, flush, transaction_id, writer, seq, version, attempt, type::event_type,
          status::event_status, direction::event_direction, carries_payload, step, asked_by, data,
          produced
     from transaction_event_before`,
];

const FLUSHES = [
  `create table transaction_flush (
     flush bigint not null,
     -- The earliest time in its history.
     at timestamptz not null,
     writer integer not null,
     -- The rows of history that it wrote, in the order of the change stream.
     transaction_ids uuid[] not null,
     seqs integer[] not null
   )`,
  `insert into transaction_flush
   select flush, min(at), writer, array_agg(transaction_id order by ordinal),
          array_agg(seq order by ordinal)
     from transaction_event_before
    group by writer, flush`,
  `drop table transaction_event_before`,
  `create index transaction_event_of on transaction_event (transaction_id)`,
  `alter table transaction_flush add primary key (writer, flush)`,
  `create index transaction_flush_at on transaction_flush (at)`,
];

// The id only told apart what began in the same ms; sorting these is cheaper than to carry it twice.
const STARTS = [
  `drop index transaction_start_newest`,
  `drop index transaction_start_definition`,
  `create index transaction_start_newest on transaction_start (started_at)`,
  `create index transaction_start_definition on transaction_start (definition, started_at)`,
];
