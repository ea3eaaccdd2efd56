import { isBranchStep, type CommandEvent, type Direction } from '@skald/core';
import type { QueryRunner } from 'typeorm';
import { NamedStatement } from './named-statement.js';

/** A committed row of the inbox. */
export interface InboxRow {
  /** `confirmed`: a try whose transaction was committed (TCC). */
  readonly outcome: 'succeeded' | 'rejected' | 'barred' | 'confirmed';
  readonly request: string | null;
  readonly reply: string | null;
}

/** What an insert found: our row is new, or there is one already, or the time for it is over. */
export type Recorded =
  | { readonly kind: 'new' }
  | { readonly kind: 'stored'; readonly row: InboxRow }
  | { readonly kind: 'expired' };

/** A compensation's insert also closes the door on its action, or finds what the action did. */
export type RecordedCompensation =
  Exclude<Recorded, { kind: 'new' }> | { readonly kind: 'new'; readonly action: InboxRow | null };

/** What a row is found by, and what it keeps of the command besides. */
export type Recordable = Pick<
  CommandEvent,
  'id' | 'transaction' | 'step' | 'startedAt' | 'attempt' | 'data'
>;

interface NewRow {
  readonly direction: Direction;
  /** Null = the handler is about to run. */
  readonly outcome: 'rejected' | 'barred' | null;
  readonly reply?: string;
}

/** How long a statement may wait for a row, and a dead client may keep one. Milliseconds. */
export interface LockLimits {
  readonly lockTimeoutMs: number;
  readonly handlerTimeoutMs: number;
}

/** What there is where nothing was inserted. */
interface Found {
  readonly isExpired: boolean;
  readonly outcome: InboxRow['outcome'] | null;
  readonly request: string | null;
  readonly reply: string | null;
}

/**
 * Waiting for a rival attempt is bounded, and so is the time for which a client that died without a word
 * keeps others waiting. An action that runs has no row yet, but a lock (LOCK of the ActionInbox): it is
 * waited for. Branches (direction `prepare`) lock by their rows alone. Evaluated before the insert, because
 * the insert selects from it, and in the order of the columns.
 */
const BOUNDED = `bounded as materialized (
  select set_config('lock_timeout', $6, true), set_config('idle_in_transaction_session_timeout', $7, true),
    case when $3 <> 'prepare'
      then pg_advisory_xact_lock(uuid_hash_extended($1::uuid, 0) # hashtextextended($2, 0)) end
)`;

/**
 * One of several concurrent statements for a key inserts; the others wait until it commits (then they
 * insert nothing) or rolls back (then one of them inserts). Behind the watermark nothing is inserted.
 * A row only if ours is new: to look for another one here, too, would have all partitions planned.
 */
const RECORD = `
  with ${BOUNDED}
  insert into skald_inbox (transaction_id, step, direction, started_at, attempt, outcome, reply, request)
  select $1::uuid, $2, $3, $4::timestamptz, $5::int, $8, $9, $10
  from bounded where (select watermark from skald_inbox_watermark) <= $4::timestamptz
  on conflict do nothing returning attempt`;

/**
 * As RECORD, and in the same statement bars what it undoes (direction $9) unless that has a row: an action
 * under way is waited for, one that comes later finds the door closed. Only the winner of \`mine\` gets
 * that far. A row only if ours is new.
 */
const RECORD_COMPENSATION = `
  with ${BOUNDED}, mine as (
    insert into skald_inbox (transaction_id, step, direction, started_at, attempt, request)
    select $1::uuid, $2, $3, $4::timestamptz, $5::int, $8
    from bounded where (select watermark from skald_inbox_watermark) <= $4::timestamptz
    on conflict do nothing returning 1
  ), barred as (
    insert into skald_inbox (transaction_id, step, direction, started_at, attempt, outcome)
    select $1::uuid, $2, $9, $4::timestamptz, $5::int, 'barred' from mine
    on conflict do nothing returning 1
  )
  select case when exists (select from barred) then 'barred' else action.outcome end as outcome,
    action.request, action.reply
  from mine left join skald_inbox action on action.transaction_id = $1::uuid and action.step = $2
    and action.direction = $9 and action.started_at = $4::timestamptz`;

/** Why nothing was inserted: the row that is there, or the watermark. Its snapshot is younger than the insert's. */
const WHY_NOT = `
  select watermark > $4::timestamptz as "isExpired", seen.outcome, seen.request, seen.reply
  from skald_inbox_watermark left join skald_inbox seen on seen.transaction_id = $1::uuid
    and seen.step = $2 and seen.direction = $3 and seen.started_at = $4::timestamptz`;

/** What a rival committed while our statement waited: its snapshot was older, this one is not. */
const LOOK_UP = `
  select outcome, request, reply from skald_inbox
  where transaction_id = $1::uuid and step = $2 and direction = $3 and started_at = $4::timestamptz`;

/**
 * Confirm and cancel take turns by the lock of the try's row: the second one sees what the first one
 * made of it. ($5, the attempt, is not stored.)
 */
const LOCK_TRY = `
  with ${BOUNDED}
  select tried.outcome, tried.request, tried.reply from bounded, skald_inbox tried
  where transaction_id = $1::uuid and step = $2 and direction = $3 and started_at = $4::timestamptz
    and $5::int is not null
  for update of tried`;

/** Only under the lock of LOCK_TRY. */
const MOVE_TRY = `
  update skald_inbox set outcome = $5
  where transaction_id = $1::uuid and step = $2 and direction = $3 and started_at = $4::timestamptz`;

/** Completes the row that this database transaction inserted; nobody else can see it yet. */
const COMPLETE = `
  update skald_inbox set outcome = 'succeeded', reply = $5
  where transaction_id = $1::uuid and step = $2 and direction = $3 and started_at = $4::timestamptz
    and outcome is null`;

/** The rows of the barrier: SQL by hand, on the connection of the caller's database transaction. */
export class Inbox {
  private readonly recording = new NamedStatement('skald_inbox_lock_record', RECORD);

  constructor(private readonly limits: LockLimits) {}

  /** Inserts the row of a command (or its refusal, or its bar), unless there is one. */
  async record(runner: QueryRunner, command: Recordable, row: NewRow): Promise<Recorded> {
    const { direction } = row;
    const request = row.outcome === 'barred' ? null : JSON.stringify(command.data ?? null);
    const values = [row.outcome, row.reply ?? null, request];
    const place = [...this.place(command, direction), ...values];
    const inserted = await this.recording.run(runner, place);
    return inserted.length > 0 ? { kind: 'new' } : whyNot(runner, command, direction);
  }

  /** Inserts the row of a compensation, unless there is one, and bars its action, unless it ran. */
  async recordCompensation(
    runner: QueryRunner,
    command: CommandEvent,
  ): Promise<RecordedCompensation> {
    const undone = undoneBy(command);
    const values = [JSON.stringify(command.data ?? null), undone];
    const place = [...this.place(command, 'compensation'), ...values];
    const [found] = (await runner.query(RECORD_COMPENSATION, place)) as Omit<Found, 'isExpired'>[];
    if (!found) return whyNot(runner, command, 'compensation');
    const { outcome, request, reply } = found;
    const action = outcome ? { outcome, request, reply } : await lookUp(runner, command, undone);
    const isDone = action.outcome === 'succeeded' || action.outcome === 'confirmed';
    return { kind: 'new', action: isDone ? action : null };
  }

  /** Stores the reply of a command that succeeded. @throws when its row is not ours to complete. */
  async complete(runner: QueryRunner, command: CommandEvent, reply: string): Promise<void> {
    const values = [...keyOf(command, command.direction), reply];
    const [, count] = (await runner.query(COMPLETE, values)) as [unknown, number];
    if (count !== 1) {
      throw new Error('the inbox row is gone: did the handler end the database transaction?');
    }
  }

  /** The row of a try, locked until the end of the database transaction; undefined when there is none. */
  async lockTry(runner: QueryRunner, command: Recordable): Promise<InboxRow | undefined> {
    const rows = (await runner.query(LOCK_TRY, this.place(command, 'prepare'))) as InboxRow[];
    return rows[0];
  }

  /** Moves the row of a try on; only whoever holds its lock may. */
  async moveTry(
    runner: QueryRunner,
    command: Recordable,
    outcome: 'confirmed' | 'barred',
  ): Promise<void> {
    await runner.query(MOVE_TRY, [...keyOf(command, 'prepare'), outcome]);
  }

  private place(command: Recordable, direction: Direction): unknown[] {
    return [...keyOf(command, direction), command.attempt, ...boundsOf(this.limits)];
  }
}

/** The two time-outs of a database transaction, as settings. */
export function boundsOf({ lockTimeoutMs, handlerTimeoutMs }: LockLimits): [string, string] {
  // The client ends the connection itself at the limit; the server's turn is when the client is gone.
  return [`${lockTimeoutMs}`, `${handlerTimeoutMs + 5_000}`];
}

/** What a compensation undoes: an action, or, of a branch in its round, what was prepared and committed. */
function undoneBy({ step }: CommandEvent): Direction {
  return isBranchStep(step) ? 'prepare' : 'action';
}

/** Of the row of a command, or of what a human ordered instead (`heuristic`). */
export function keyOf(command: Recordable, direction: Direction | 'heuristic'): string[] {
  const startedAt = new Date(command.startedAt).toISOString();
  return [command.transaction, command.step, direction, startedAt];
}

async function whyNot(
  runner: QueryRunner,
  command: Recordable,
  direction: Direction,
): Promise<Exclude<Recorded, { kind: 'new' }>> {
  const [found] = (await runner.query(WHY_NOT, keyOf(command, direction))) as Found[];
  if (!found) throw new Error('skald_inbox_watermark has no row: was the inbox migrated?');
  const { outcome, request, reply } = found;
  if (outcome) return { kind: 'stored', row: { outcome, request, reply } };
  if (found.isExpired) return { kind: 'expired' };
  throw invisible(command);
}

async function lookUp(
  runner: QueryRunner,
  command: Recordable,
  direction: Direction,
): Promise<InboxRow> {
  const [row] = (await runner.query(LOOK_UP, keyOf(command, direction))) as InboxRow[];
  if (!row) throw invisible(command);
  return row;
}

function invisible({ id }: Recordable): Error {
  return new Error(`the inbox row of ${id} is not visible`);
}
