import type { QueryRunner } from 'typeorm';
import { keyOf, type Recordable } from '../barrier/inbox.js';
import type { DecidedOutcome } from './prepared-transactions.js';

export type Heuristic = `heuristic-${DecidedOutcome}`;

/** The last order of a human counts; the row of the branch itself cannot be written while it is prepared. */
const RECORD = `
  insert into skald_inbox (transaction_id, step, direction, started_at, attempt, outcome, request)
  values ($1::uuid, $2, $3, $4::timestamptz, 1, $5, $6)
  on conflict (transaction_id, step, direction, started_at)
  do update set outcome = excluded.outcome, request = excluded.request, at = default`;

const FIND = `
  select outcome from skald_inbox
  where transaction_id = $1::uuid and step = $2 and direction = $3 and started_at = $4::timestamptz`;

const FORGET = `
  delete from skald_inbox
  where transaction_id = $1::uuid and step = $2 and direction = $3 and started_at = $4::timestamptz`;

/** Keeps, durably, what a human ordered for a branch, and why. It is carried out after that. */
export async function recordHeuristic(
  runner: QueryRunner,
  branch: Recordable,
  order: { readonly outcome: DecidedOutcome; readonly by: string; readonly reason: string },
): Promise<void> {
  const { outcome, by, reason } = order;
  const values = [`heuristic-${outcome}`, JSON.stringify({ by, reason })];
  await runner.query(RECORD, [...keyOf(branch, 'heuristic'), ...values]);
}

/** What a human ordered for the branch. It was carried out only if the branch is like that now. */
export async function findHeuristic(
  runner: QueryRunner,
  branch: Recordable,
): Promise<Heuristic | undefined> {
  return (await findOutcome(runner, keyOf(branch, 'heuristic'))) as Heuristic | undefined;
}

/** How the branch ended; undefined when nothing of it is, or was, here. */
export async function findEnd(
  runner: QueryRunner,
  branch: Recordable,
): Promise<DecidedOutcome | undefined> {
  const outcome = await findOutcome(runner, keyOf(branch, 'prepare'));
  if (outcome === undefined) return undefined;
  return outcome === 'succeeded' ? 'commit' : 'abort';
}

async function findOutcome(runner: QueryRunner, key: unknown[]): Promise<string | undefined> {
  const rows = (await runner.query(FIND, key)) as { outcome: string }[];
  return rows[0]?.outcome;
}

/** For an order that came to nothing, because the branch was finished before it. */
export async function forgetHeuristic(runner: QueryRunner, branch: Recordable): Promise<void> {
  await runner.query(FORGET, keyOf(branch, 'heuristic'));
}
