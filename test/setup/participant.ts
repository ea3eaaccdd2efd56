import { randomUUID } from 'node:crypto';
import { asTransactionId, commandId, type CommandEvent } from '@skald/core';
import { migrateInbox } from '@skald/participant';
import { DataSource } from 'typeorm';
import { withClient } from '../../tools/postgres/index.mjs';
import { testDatabase } from './database.js';

/** A participant's database with the barrier's tables and one of business: `note (text unique)`. */
export async function participantDatabase(options: { poolSize?: number } = {}) {
  const { url, drop } = await testDatabase({ template: 'participant', migrate });
  const dataSource = await connect(url, options.poolSize ?? 10);
  return {
    url,
    dataSource,
    notes: async () => {
      const rows: { text: string }[] = await dataSource.query('select text from note order by 1');
      return rows.map(({ text }) => text);
    },
    inbox: (): Promise<{ step: string; direction: string; outcome: string; reply: string }[]> =>
      dataSource.query('select step, direction, outcome, reply from skald_inbox order by 1, 2'),
    /** Gids of what is prepared in this database. */
    prepared: async (): Promise<string[]> => {
      const rows: { gid: string }[] = await dataSource.query(PREPARED);
      return rows.map(({ gid }) => gid);
    },
    drop: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await rollBackPrepared(url);
      await drop();
    },
  };
}

export type ParticipantDatabase = Awaited<ReturnType<typeof participantDatabase>>;

const PREPARED =
  'select gid from pg_prepared_xacts where database = current_database() order by prepared';

/** A database with prepared transactions cannot be dropped. */
async function rollBackPrepared(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ gid: string }>(PREPARED);
    for (const { gid } of rows) await client.query(`rollback prepared '${gid}'`);
  });
}

async function migrate(url: string): Promise<void> {
  const dataSource = await connect(url, 2);
  await migrateInbox(dataSource);
  await dataSource.query('create table note (text text unique)');
  await dataSource.destroy();
}

function connect(url: string, poolSize: number): Promise<DataSource> {
  return new DataSource({ type: 'postgres', url, poolSize }).initialize();
}

/** A command of a transaction of its own, unless told otherwise. */
export function command(given: Partial<CommandEvent> = {}): CommandEvent {
  const transaction = given.transaction ?? asTransactionId(randomUUID());
  if (!transaction) throw new Error('not a UUID');
  const { step = 'write-note', direction = 'action' } = given;
  return {
    id: commandId(transaction, step, direction),
    transaction,
    step,
    direction,
    operation: 'write',
    attempt: 1,
    startedAt: Date.UTC(2026, 10, 20, 12),
    deadline: null,
    isRefusable: true,
    traceparent: null,
    data: { text: 'hello' },
    ...given,
  };
}

/** The commands of one branch of a two-phase transaction, one direction after the other. */
export function branch(given: Partial<CommandEvent> = {}) {
  const prepare = command({ step: 'notes.1', direction: 'prepare', ...given });
  const { transaction, step } = prepare;
  const next = (direction: 'commit' | 'abort' | 'action') => ({
    ...prepare,
    direction,
    id: commandId(transaction, step, direction),
    isRefusable: direction === 'action',
  });
  return { prepare, commit: next('commit'), abort: next('abort'), action: next('action') };
}

/** A promise and what settles it: lets a test hold a handler at a point. */
export function signal(): { promise: Promise<void>; give: () => void } {
  let give: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { promise, give };
}
