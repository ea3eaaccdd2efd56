import type { DataSource, QueryRunner } from 'typeorm';
import { HandlerTimeout } from '../errors.js';

/** The part of a `pg` client that TypeORM hides. */
interface Connection {
  end(): Promise<void>;
}

/**
 * Runs `work` on a connection of its own for at most `limitMs`, waiting for the connection included.
 *
 * At the limit the connection is cut: what `work` still does with it fails, and the server rolls back
 * whatever was open. So a handler that goes on by itself can no longer write.
 *
 * @throws HandlerTimeout at the limit.
 */
export async function withinLimit<T>(
  dataSource: DataSource,
  limitMs: number,
  work: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  const connecting = runner.connect() as Promise<Connection>;
  const working = connecting.then(() => work(runner));
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new HandlerTimeout(limitMs));
    }, limitMs);
  });
  try {
    const result = await Promise.race([working, timeout]);
    await runner.release();
    return result;
  } catch (error) {
    // A connection that never came has nothing to cut, and one that comes late is given back.
    const ending = connecting.then((connection) => end(runner, connection, error));
    ending.catch(() => undefined);
    working.catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function end(runner: QueryRunner, connection: Connection, error: unknown): Promise<void> {
  if (error instanceof HandlerTimeout) connection.end().catch(() => undefined);
  await runner.release();
}
