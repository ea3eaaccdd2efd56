import type { CommandEvent, Reply } from '@skald/core';
import type { QueryRunner } from 'typeorm';
import { SEES_COMMITTED, type Place } from './action-inbox.js';
import { boundsOf, type LockLimits } from './inbox.js';
import { InboxTransactions } from './inbox-transactions.js';

/** An action of a batch with the reply that its row is to keep. */
export interface Outcome {
  readonly command: CommandEvent;
  readonly outcome: 'succeeded' | 'rejected';
  readonly reply: Reply;
  /** `reply` as JSON. */
  readonly text: string;
}

/** The actions of a batch that are to run now, and where their rows are to go. */
export interface OpenedBatch {
  readonly mine: readonly CommandEvent[];
  readonly place: Place;
}

/**
 * As LOCK of the single barrier, for many actions. All lock in one order, so that two batches with keys in
 * common do not deadlock.
 */
const LOCK_ALL = `
  select set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true),
    (select count(pg_advisory_xact_lock(key)) from (
      select uuid_hash_extended(transaction_id, 0) # hashtextextended(step, 0) as key
      from unnest($3::uuid[], string_to_array($4, E'\\n')) as asked (transaction_id, step) order by 1
    ) locks)::text,
    extract(epoch from now())::text, current_setting('transaction_isolation')`;

/**
 * Which of many actions have a row, or are behind the watermark, once their locks are ours. `offset 0`
 * keeps it to one look into the index for each, instead of a plan that reads the table.
 */
const lookAll = (table: string) => `
  select (place - 1)::text
  from unnest($1::uuid[], string_to_array($2, E'\\n'), $3::timestamptz[])
    with ordinality as asked (transaction_id, step, started_at, place)
  where started_at < (select watermark from skald_inbox_watermark) or exists (
    select from ${table} seen where seen.transaction_id = asked.transaction_id and seen.step = asked.step
      and seen.direction = 'action' and seen.started_at = asked.started_at offset 0)`;

/** As the insert of the single barrier, for many actions: all their rows, or an error. */
const insertAll = (table: string) => `
  insert into ${table} (transaction_id, step, direction, started_at, attempt, outcome, reply, request)
  select transaction_id, step, 'action', started_at,
    case when (select extract(epoch from now()) = $1::numeric) then attempt end, outcome, reply, request
  from unnest($2::uuid[], string_to_array($3, E'\\n'), $4::timestamptz[], $5::int[], $6::text[],
    string_to_array($7, E'\\n'), string_to_array($8, E'\\n'))
    as done (transaction_id, step, started_at, attempt, outcome, reply, request)`;

/** The rows of many actions at once: looked for under locks first, written once, last. */
export class BatchInbox {
  private readonly transactions = new InboxTransactions();
  private readonly bounds: readonly [string, string];

  constructor(limits: LockLimits) {
    this.bounds = boundsOf(limits);
  }

  /** Begins the database transaction of those actions that have no row, one for each key. */
  async open(runner: QueryRunner, commands: readonly CommandEvent[]): Promise<OpenedBatch> {
    const transactions = array(commands.map(({ transaction }) => transaction));
    const steps = lines(commands.map(({ step }) => step));
    const starts = array(commands.map(startOf));
    const lock = {
      name: 'skald_inbox_lock_all',
      text: LOCK_ALL,
      values: [...this.bounds, transactions, steps],
    };
    const { table, results } = await this.transactions.begin(
      runner,
      commands.map(({ startedAt }) => startedAt),
      (name) => [lock, { text: lookAll(name), values: [transactions, steps, starts] }],
    );
    const [[locked = []] = [], seen = []] = results;
    const [begunAt = null, isolation] = locked.slice(3);
    const place = { table, begunAt };
    if (isolation !== SEES_COMMITTED) return { mine: [], place };
    const gone = new Set(seen.map(([index]) => Number(index)));
    const keys = new Set<string>();
    const mine = commands.filter((command, index) => {
      const { transaction, step, startedAt } = command;
      const { size } = keys;
      return !gone.has(index) && keys.add(`${transaction}/${step}/${startedAt}`).size > size;
    });
    return { mine, place };
  }

  /** Stores what became of actions that ran, and commits. @throws Overtaken, for one. */
  async close(
    runner: QueryRunner,
    outcomes: readonly Outcome[],
    { table, begunAt }: Place,
  ): Promise<void> {
    const commands = outcomes.map(({ command }) => command);
    await this.transactions.commit(runner, {
      name: `skald_insert_all_${table}`,
      text: insertAll(table),
      values: [
        begunAt,
        array(commands.map(({ transaction }) => transaction)),
        lines(commands.map(({ step }) => step)),
        array(commands.map(startOf)),
        array(commands.map(({ attempt }) => attempt)),
        array(outcomes.map(({ outcome }) => outcome)),
        lines(outcomes.map(({ text }) => text)),
        lines(commands.map(({ data }) => JSON.stringify(data ?? null))),
      ],
    });
  }
}

/** An array of values that need no quotes. */
function array(values: readonly (string | number)[]): string {
  return `{${values.join()}}`;
}

/** Values without line breaks: names, and JSON as `JSON.stringify` writes it. As an array each would be quoted. */
function lines(values: readonly string[]): string {
  return values.join('\n');
}

function startOf({ startedAt }: CommandEvent): string {
  return new Date(startedAt).toISOString();
}
