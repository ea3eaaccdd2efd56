import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Nothing looks for a range of ends: clean-up goes by starts. The index was only in the way, because the
 * planner took it for the unfinished, whom it cannot tell apart from the rest of their pages.
 */
export class CoordinatorNoEndedIndex0000000000005 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('drop index transaction_ended');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
