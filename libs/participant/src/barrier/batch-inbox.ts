import type { CommandEvent, Reply } from '@skald/core';
import type { QueryRunner } from 'typeorm';
import type { LockLimits } from './inbox.js';

/** An action of a batch with the reply that its row is to keep. */
export interface Outcome {
  readonly command: CommandEvent;
  readonly outcome: 'succeeded' | 'rejected';
  readonly reply: Reply;
  /** `reply` as JSON. */
  readonly text: string;
}

/**
 * As RECORD of the single barrier, for many actions: of concurrent statements for a key one inserts, the
 * others wait for it, and insert nothing if it commits. All insert in one order, so that two batches with
 * keys in common do not deadlock. Behind the watermark nothing is inserted.
 */
const RECORD_ALL = `
  with bounded as materialized (
    select set_config('lock_timeout', $6, true), set_config('idle_in_transaction_session_timeout', $7, true)
  ), asked as (
    select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::int[], $5::text[])
      as asked (transaction_id, step, started_at, attempt, request)
  )
  insert into skald_inbox (transaction_id, step, direction, started_at, attempt, request)
  select transaction_id, step, 'action', started_at, attempt, request
  from bounded, asked where started_at >= (select watermark from skald_inbox_watermark)
  order by transaction_id, step, started_at
  on conflict do nothing
  returning transaction_id as transaction, step, started_at as "startedAt"`;

/**
 * Completes rows that this database transaction inserted; nobody else can see them yet. The bounds of
 * `started_at` leave the planner no more partitions than there are.
 */
const COMPLETE_ALL = `
  update skald_inbox set outcome = done.outcome, reply = done.reply
  from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[])
    as done (transaction_id, step, started_at, outcome, reply)
  where skald_inbox.transaction_id = done.transaction_id and skald_inbox.step = done.step
    and skald_inbox.direction = 'action' and skald_inbox.started_at = done.started_at
    and skald_inbox.started_at between $6::timestamptz and $7::timestamptz
    and skald_inbox.outcome is null`;

interface Key {
  readonly transaction: string;
  readonly step: string;
  readonly startedAt: Date;
}

/** The rows of many actions at once: SQL by hand, on the connection of the caller's database transaction. */
export class BatchInbox {
  constructor(private readonly limits: LockLimits) {}

  /** Inserts the rows of actions; gives those that had none, one for each key. */
  async record(runner: QueryRunner, commands: readonly CommandEvent[]): Promise<CommandEvent[]> {
    const { lockTimeoutMs, handlerTimeoutMs } = this.limits;
    const inserted = (await runner.query(RECORD_ALL, [
      commands.map(({ transaction }) => transaction),
      commands.map(({ step }) => step),
      commands.map(startOf),
      commands.map(({ attempt }) => attempt),
      commands.map(({ data }) => JSON.stringify(data ?? null)),
      `${lockTimeoutMs}`,
      // The client ends the connection itself at the limit; the server's turn is when the client is gone.
      `${handlerTimeoutMs + 5_000}`,
    ])) as Key[];
    const ours = new Set(inserted.map((key) => textOf(key, key.startedAt.getTime())));
    return commands.filter((command) => ours.delete(textOf(command, command.startedAt)));
  }

  /** Stores what became of actions whose rows are ours. @throws when one of them is not ours to complete. */
  async complete(runner: QueryRunner, outcomes: readonly Outcome[]): Promise<void> {
    const starts = outcomes.map(({ command }) => startOf(command)).sort();
    const [, count] = (await runner.query(COMPLETE_ALL, [
      outcomes.map(({ command }) => command.transaction),
      outcomes.map(({ command }) => command.step),
      outcomes.map(({ command }) => startOf(command)),
      outcomes.map(({ outcome }) => outcome),
      outcomes.map(({ text }) => text),
      starts[0],
      starts.at(-1),
    ])) as [unknown, number];
    if (count !== outcomes.length) {
      throw new Error('inbox rows are gone: did the handler end the database transaction?');
    }
  }
}

function startOf({ startedAt }: CommandEvent): string {
  return new Date(startedAt).toISOString();
}

function textOf({ transaction, step }: Pick<Key, 'transaction' | 'step'>, at: number): string {
  return `${transaction}/${step}/${at}`;
}
