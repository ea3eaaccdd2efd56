import { randomUUID } from 'node:crypto';
import type { HandlerContext } from '@skald/participant';
import type { DataSource } from 'typeorm';
import { contextOf } from './handler.js';

/** A handler's work that waits for a decision, with its locks. */
export interface Prepared<Reply> {
  readonly reply: Reply;
  commit: () => Promise<void>;
  abort: () => Promise<void>;
}

/** Runs a handler and prepares what it wrote, as the barrier does for a branch. */
export async function prepare<Reply>(
  dataSource: DataSource,
  handler: (context: HandlerContext) => Promise<Reply>,
  lockTimeoutMs = 300,
): Promise<Prepared<Reply>> {
  const gid = `spec:${randomUUID()}`;
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('begin');
    await runner.query(`set local lock_timeout = ${lockTimeoutMs}`);
    const reply = await handler(contextOf(runner.manager));
    await runner.query(`prepare transaction '${gid}'`);
    const decide = (sql: string) => async () => {
      await dataSource.query(`${sql} prepared '${gid}'`);
    };
    return { reply, commit: decide('commit'), abort: decide('rollback') };
  } catch (error) {
    await runner.query('rollback');
    throw error;
  } finally {
    await runner.release();
  }
}
