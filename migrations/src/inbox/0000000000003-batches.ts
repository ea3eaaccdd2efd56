import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A record may carry a batch of commands, each of which may be a dead letter by itself. */
export class Batches0000000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table skald_dead_letter
        add column if not exists entry int not null default 0,
        drop constraint if exists skald_dead_letter_topic_partition_offset_key,
        add constraint skald_dead_letter_place_key unique (topic, partition, "offset", entry)`);
    await runner.query(`
      comment on column skald_dead_letter.entry is
        'Of a batch, which of its entries, from 1; 0 = the whole record'`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
