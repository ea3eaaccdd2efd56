import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The participant's barrier: one row per command that took effect, was refused or was barred.
 *
 * Partitioned by the start of the transaction (docs/decisions/0003): all rows of a transaction lie in
 * one partition and are forgotten together. The default partition takes what no other one covers.
 * `request` and `reply` are text, so that a stored reply leaves byte by byte as it was first sent.
 * `outcome` is null only inside the database transaction that runs the handler.
 */
export class Inbox0000000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table if not exists skald_inbox (
        transaction_id uuid not null,
        step text not null,
        direction text not null,
        started_at timestamptz not null,
        attempt int not null,
        at timestamptz not null default now(),
        outcome text check (outcome in ('succeeded', 'rejected', 'barred')),
        request text,
        reply text,
        primary key (transaction_id, step, direction, started_at)
      ) partition by range (started_at)`);
    await runner.query(
      `create table if not exists skald_inbox_default partition of skald_inbox default`,
    );
    await runner.query(`
      create table if not exists skald_inbox_watermark (
        is_only boolean primary key default true check (is_only),
        watermark timestamptz not null default '-infinity',
        committed_at timestamptz not null default now()
      )`);
    await runner.query(`insert into skald_inbox_watermark default values on conflict do nothing`);
    await runner.query(`
      create table if not exists skald_dead_letter (
        id bigint generated always as identity primary key,
        topic text not null,
        partition int not null,
        "offset" bigint not null,
        key text,
        headers json not null,
        value bytea not null,
        error text not null,
        at timestamptz not null default now(),
        unique (topic, partition, "offset")
      )`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
