import { randomUUID } from 'node:crypto';
import { asTransactionId, commandId, type CommandEvent } from '@skald/core';
import { migrateInbox } from '@skald/participant';
import { DataSource } from 'typeorm';
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
    drop: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await drop();
    },
  };
}

export type ParticipantDatabase = Awaited<ReturnType<typeof participantDatabase>>;

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

/** A promise and what settles it: lets a test hold a handler at a point. */
export function signal(): { promise: Promise<void>; give: () => void } {
  let give: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { promise, give };
}
