import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the dashboard needs besides transactions: statistics by minute and hour, and batches of orders. */
export class CoordinatorDashboard0000000000002 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...STATISTICS, ...BATCHES]) await db.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}

const STATISTICS = [
  // A row is written by one process start alone, again and again until its minute or hour is over.
  `create table statistics (
     width text not null check (width in ('minute', 'hour')),
     at timestamptz not null,
     definition text not null,
     writer integer not null,
     started integer not null,
     completed integer not null,
     compensated integer not null,
     parked integer not null,
     durations json not null,
     primary key (width, at, definition, writer)
   ) with (fillfactor = 70)`,
];

const BATCHES = [
  `create table batch (
     id uuid primary key,
     created_at timestamptz not null default clock_timestamp(),
     updated_at timestamptz not null default clock_timestamp(),
     ended_at timestamptz,
     action text not null,
     reason text not null,
     asked_by text not null,
     request_hash text not null,
     scope text not null,
     state text not null default 'running' check (state in ('running', 'done', 'cancelled')),
     total integer not null default 0,
     done integer not null default 0,
     refused integer not null default 0,
     -- Who works on it; anybody may once the lease is over.
     worker text,
     worker_until timestamptz not null default '-infinity'
   )`,
  `create index batch_newest on batch (created_at, id)`,
  `create index batch_running on batch (created_at) where state = 'running'`,
  `create table batch_item (
     batch_id uuid not null references batch,
     transaction_id uuid not null,
     state text not null default 'open' check (state in ('open', 'done', 'refused')),
     -- The version at which the order may be carried out; only while it is open.
     version integer,
     tries integer not null default 0,
     detail text,
     primary key (batch_id, transaction_id)
   )`,
  `create index batch_item_open on batch_item (batch_id, tries, transaction_id) where state = 'open'`,
  `create index batch_item_refused on batch_item (batch_id, transaction_id) where state = 'refused'`,
];
