import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is left of a transaction after its retention: enough that its id never runs again. */
export class CoordinatorTombstones0000000000004 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(
      `create table tombstone (
         id uuid primary key,
         request_hash text not null,
         ended_at timestamptz not null,
         forgotten_at timestamptz not null default clock_timestamp()
       )`,
    );
    await db.query(`create index tombstone_forgotten on tombstone (forgotten_at)`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
