import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What two-phase commit adds to the barrier's outcomes: `confirmed` (a try that was confirmed, TCC), and
 * the decision of a human about a prepared transaction (direction `heuristic`). The rows there are keep
 * to less, so that they need not be looked at: the table is locked for no longer than a moment.
 */
export class TwoPhase0000000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table skald_inbox drop constraint skald_inbox_outcome_check');
    await runner.query(`
      alter table skald_inbox add constraint skald_inbox_outcome_check check (outcome in
        ('succeeded', 'rejected', 'barred', 'confirmed', 'heuristic-commit', 'heuristic-abort')) not valid`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
