import { setTimeout as pause } from 'node:timers/promises';
import type { Reply } from '@skald/core';
import type { DataSource, QueryRunner } from 'typeorm';
import { HandlerTimeout } from '../errors.js';
import { isContention } from './contention.js';
import { withinLimit } from './within-limit.js';

/** How often deadlocks, lock time-outs and serialization failures are tried before they are told. */
const TRIES = 3;
const BACKOFF_MS = 25;

/**
 * Runs `work` on a connection of its own, and again after contention, all within `limitMs`.
 *
 * @throws HandlerTimeout at the limit, and whatever `work` threw at last.
 */
export async function attempts(
  dataSource: DataSource,
  limitMs: number,
  work: (runner: QueryRunner) => Promise<Reply>,
): Promise<Reply> {
  const endsAt = performance.now() + limitMs;
  for (let tries = 1; ; tries++) {
    const leftMs = endsAt - performance.now();
    if (leftMs <= 0) throw new HandlerTimeout(limitMs);
    try {
      return await withinLimit(dataSource, leftMs, work);
    } catch (error) {
      if (!isContention(error) || tries === TRIES) throw error;
      await pause(Math.random() * BACKOFF_MS * tries);
    }
  }
}

/** Ends the database transaction whatever depth of savepoints the handler left, or leaves it to a cut. */
export async function rollBack(runner: QueryRunner): Promise<void> {
  try {
    while (runner.isTransactionActive && !runner.isReleased) await runner.rollbackTransaction();
  } catch {
    // The connection is gone, and with it the database transaction; the first error tells why.
  }
}

/** Commits whatever depth of savepoints the handler left. */
export async function commit(runner: QueryRunner): Promise<void> {
  while (runner.isTransactionActive) await runner.commitTransaction();
}
