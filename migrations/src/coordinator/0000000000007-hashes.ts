import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Hashes as their bytes: half as many as their digits, in every start. */
export class CoordinatorHashes0000000000007 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(
      `alter table transaction_start
         alter column definition_hash type bytea using decode(definition_hash, 'hex'),
         alter column request_hash type bytea using decode(request_hash, 'hex')`,
    );
    await db.query(
      `alter table tombstone
         alter column request_hash type bytea using decode(request_hash, 'hex')`,
    );
  }

  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward only'));
  }
}
