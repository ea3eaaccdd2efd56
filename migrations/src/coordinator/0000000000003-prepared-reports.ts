import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The last that participants told of what they have prepared. */
export class CoordinatorPreparedReports0000000000003 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(
      `create table prepared_report (
         participant text primary key,
         -- By whichever instance.
         asked_at timestamptz not null default '-infinity',
         seen_at timestamptz,
         unreachable_since timestamptz,
         trouble text,
         report json
       ) with (fillfactor = 50)`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
