import type { CommandEvent } from '@skald/core';
import type { QueryRunner } from 'typeorm';
import { boundsOf, keyOf, type InboxRow, type LockLimits, type Recorded } from './inbox.js';
import { InboxTransactions } from './inbox-transactions.js';
import type { Statement } from './round-trip.js';

/** What there is before an action runs. */
export type Opened =
  /** Nothing: it is to run now, and its row comes last. */
  | { readonly kind: 'new'; readonly place: Place }
  /** Unknown: the database transaction does not see what was committed while it waited. */
  | { readonly kind: 'unseen' }
  | Exclude<Recorded, { kind: 'new' }>;

/** Where the row of an action that runs is to go. */
export interface Place {
  readonly table: string;
  /** When the database transaction began, which no other one of the connection did. */
  readonly begunAt: string | null;
}

/** The only level at which each statement sees what was committed before it. */
export const SEES_COMMITTED = 'read committed';

/**
 * Waits for whoever has the step's action, compensation or bar in hand: one of them at a time. The waiting
 * is bounded, and so is the time for which a client that died without a word keeps the others waiting;
 * both are set first, because columns are evaluated in their order. Tells, too, which database
 * transaction it is, and whether its next statement sees what was committed meanwhile.
 */
const LOCK = `
  select set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true),
    pg_advisory_xact_lock(uuid_hash_extended($3::uuid, 0) # hashtextextended($4, 0))::text,
    extract(epoch from now())::text, current_setting('transaction_isolation')`;

/**
 * What there is of an action, once its lock is ours: its row, or that it is behind the watermark. Keeps
 * its partition from being dropped until the end of the database transaction.
 */
const look = (table: string) => `
  select (watermark > $4::timestamptz)::text, seen.outcome, seen.request, seen.reply
  from skald_inbox_watermark left join ${table} seen on seen.transaction_id = $1::uuid
    and seen.step = $2 and seen.direction = $3 and seen.started_at = $4::timestamptz`;

/**
 * The row of an action that ran. Where somebody was quicker who does not know the lock (an older SDK), the
 * key is taken, and it fails. So it does in any other database transaction than that of LOCK: there the
 * attempt has no number.
 */
const insert = (table: string) => `
  insert into ${table} (transaction_id, step, direction, started_at, attempt, outcome, reply, request)
  values ($1::uuid, $2, $3, $4::timestamptz,
    case when extract(epoch from now()) = $6::numeric then $5::int end, 'succeeded', $7, $8)`;

/** The rows of actions, one at a time: looked for under a lock first, written once, last. */
export class ActionInbox {
  private readonly transactions = new InboxTransactions();
  private readonly bounds: readonly [string, string];

  constructor(limits: LockLimits) {
    this.bounds = boundsOf(limits);
  }

  /** Begins the database transaction of an action. Nobody else runs the action before it ends. */
  async open(runner: QueryRunner, command: CommandEvent): Promise<Opened> {
    const { transaction, step, startedAt } = command;
    const lock: Statement = {
      name: 'skald_inbox_lock',
      text: LOCK,
      values: [...this.bounds, transaction, step],
    };
    const { table, results } = await this.transactions.begin(runner, [startedAt], (name) => [
      lock,
      { name: `skald_look_${name}`, text: look(name), values: keyOf(command, 'action') },
    ]);
    const [[locked] = [], [found] = []] = results;
    if (!locked || !found) throw new Error('the inbox has no watermark: was it migrated?');
    const [isExpired, outcome = null, request = null, reply = null] = found;
    if (outcome !== null) {
      return { kind: 'stored', row: { outcome: outcome as InboxRow['outcome'], request, reply } };
    }
    if (isExpired === 'true') return { kind: 'expired' };
    const [begunAt = null, isolation] = locked.slice(3);
    return isolation === SEES_COMMITTED
      ? { kind: 'new', place: { table, begunAt } }
      : { kind: 'unseen' };
  }

  /** Stores the reply of an action that succeeded, and commits. @throws Overtaken, for one. */
  async close(
    runner: QueryRunner,
    command: CommandEvent,
    { table, begunAt }: Place,
    reply: string,
  ): Promise<void> {
    const request = JSON.stringify(command.data ?? null);
    await this.transactions.commit(runner, {
      name: `skald_insert_${table}`,
      text: insert(table),
      values: [...keyOf(command, 'action'), `${command.attempt}`, begunAt, reply, request],
    });
  }
}
