import type { CommandEvent, Reply } from '@skald/core';
import type { QueryRunner } from 'typeorm';
import { SEES_COMMITTED, type Place } from './action-inbox.js';
import { timestampArray, uuidArray } from './binary-array.js';
import { boundsOf, type LockLimits } from './inbox.js';
import { InboxTransactions } from './inbox-transactions.js';
import type { Row } from './round-trip.js';

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
  readonly place: BatchPlace;
}

export interface BatchPlace extends Place {
  readonly keys: Keys;
}

/** What the rows of actions are found by, column by column. */
interface Keys {
  readonly transactions: Buffer;
  readonly steps: string;
  readonly starts: Buffer;
}

/**
 * As LOCK of the single barrier, for many actions. All lock in one order, so that two batches with keys in
 * common do not deadlock. What is planned next, only the look, is not planned to read a whole table.
 */
const LOCK_ALL = `
  select set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true),
    (select count(pg_advisory_xact_lock(key)) from (
      select uuid_hash_extended(transaction_id, 0) # hashtextextended(step, 0) as key
      from unnest($3::uuid[], string_to_array($4, E'\\n')) as asked (transaction_id, step) order by 1
    ) locks)::text,
    extract(epoch from now())::text, current_setting('transaction_isolation'),
    set_config('skald.enable_seqscan', current_setting('enable_seqscan'), true),
    set_config('enable_seqscan', 'off', true)`;

/**
 * Which of many actions have a row, or are behind the watermark, once their locks are ours. `offset 0`
 * keeps it to one look into the index for each, instead of one at all of the table.
 */
const lookAll = (table: string) => `
  select (place - 1)::text
  from unnest($1::uuid[], string_to_array($2, E'\\n'), $3::timestamptz[])
    with ordinality as asked (transaction_id, step, started_at, place)
  where started_at < (select watermark from skald_inbox_watermark) or exists (
    select from ${table} seen where seen.transaction_id = asked.transaction_id and seen.step = asked.step
      and seen.direction = 'action' and seen.started_at = asked.started_at offset 0)`;

/** The handler's statements are planned as they would be without a barrier. */
const AS_BEFORE = {
  name: 'skald_seqscan_as_before',
  text: `select set_config('enable_seqscan', current_setting('skald.enable_seqscan'), true)`,
};

/**
 * As the insert of the single barrier, for many actions: all their rows, or an error. Arrays of one length,
 * taken apart side by side: as a table they would be stored as one first.
 */
const insertAll = (table: string) => `
  insert into ${table} (transaction_id, step, direction, started_at, attempt, outcome, reply, request)
  select unnest($2::uuid[]), unnest(string_to_array($3, E'\\n')), 'action', unnest($4::timestamptz[]),
    unnest(case when extract(epoch from now()) = $1::numeric then $5::int[] end), unnest($6::text[]),
    unnest(string_to_array($7, E'\\n')), unnest(string_to_array($8, E'\\n'))`;

/** The rows of many actions at once: looked for under locks first, written once, last. */
export class BatchInbox {
  private readonly transactions = new InboxTransactions();
  private readonly bounds: readonly [string, string];

  constructor(limits: LockLimits) {
    this.bounds = boundsOf(limits);
  }

  /** Begins the database transaction of those actions that have no row, one for each key. */
  async open(runner: QueryRunner, commands: readonly CommandEvent[]): Promise<OpenedBatch> {
    const keys = keysOf(commands);
    const { transactions, steps, starts } = keys;
    const lock = {
      name: 'skald_inbox_lock_all',
      text: LOCK_ALL,
      values: [...this.bounds, transactions, steps],
    };
    const { table, results } = await this.transactions.begin(
      runner,
      commands.map(({ startedAt }) => startedAt),
      (name) => [
        lock,
        {
          name: `skald_look_all_${name}`,
          text: lookAll(name),
          values: [transactions, steps, starts],
        },
        AS_BEFORE,
      ],
    );
    const [[locked = []] = [], seen = []] = results;
    const [begunAt = null, isolation] = locked.slice(3);
    const place = { table, begunAt, keys };
    if (isolation !== SEES_COMMITTED) return { mine: [], place };
    const mine = withoutRows(commands, seen);
    return mine.length === commands.length
      ? { mine, place }
      : { mine, place: { ...place, keys: keysOf(mine) } };
  }

  /** Stores what became of all that were to run, in their order, and commits. @throws Overtaken, for one. */
  async close(
    runner: QueryRunner,
    outcomes: readonly Outcome[],
    { table, begunAt, keys }: BatchPlace,
  ): Promise<void> {
    await this.transactions.commit(runner, {
      name: `skald_insert_all_${table}`,
      text: insertAll(table),
      values: [
        begunAt,
        keys.transactions,
        keys.steps,
        keys.starts,
        array(outcomes.map(({ command }) => command.attempt)),
        array(outcomes.map(({ outcome }) => outcome)),
        lines(outcomes.map(({ text }) => text)),
        lines(outcomes.map(({ command }) => JSON.stringify(command.data ?? null))),
      ],
    });
  }
}

function keysOf(commands: readonly CommandEvent[]): Keys {
  return {
    transactions: uuidArray(commands.map(({ transaction }) => transaction)),
    steps: lines(commands.map(({ step }) => step)),
    starts: timestampArray(commands.map(({ startedAt }) => startedAt)),
  };
}

/** Those that were not seen, one for each key. */
function withoutRows(commands: readonly CommandEvent[], seen: readonly Row[]): CommandEvent[] {
  const gone = new Set(seen.map(([index]) => Number(index)));
  const keys = new Set<string>();
  return commands.filter(({ transaction, step, startedAt }, index) => {
    const { size } = keys;
    return !gone.has(index) && keys.add(`${transaction}/${step}/${startedAt}`).size > size;
  });
}

/** An array of values that need no quotes. */
function array(values: readonly (string | number)[]): string {
  return `{${values.join()}}`;
}

/** Values without line breaks: names, and JSON as `JSON.stringify` writes it. As an array each would be quoted. */
function lines(values: readonly string[]): string {
  return values.join('\n');
}
