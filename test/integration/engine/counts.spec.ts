import { jest } from '@jest/globals';
import type { TransactionId } from '@skald/core';
import { waitFor } from '../../../tools/wait.mjs';
import { engineSuite } from '../../setup/engine-suite.js';
import { startOf, SUCCEEDED, type TestEngine } from '../../setup/engine.js';
import { watchStatements } from '../../setup/statements.js';

const COUNT = 200;
/** An array of so many UUIDs in PostgreSQL's binary form: its header, then a length and 16 bytes each. */
const BYTES_OF_ALL = 20 + COUNT * 20;
const { start } = engineSuite();

let statements: ReturnType<typeof watchStatements>;
beforeEach(() => {
  statements = watchStatements();
});
afterEach(() => statements.stop());

function begin({ engine }: TestEngine): Promise<TransactionId[]> {
  const trips = Array.from({ length: COUNT }, () => startOf('trip', { trip: 'a' }));
  return Promise.all(trips.map((trip) => engine.begin(trip).then(() => trip.id)));
}

function statusesOf({ engine }: TestEngine, ids: readonly TransactionId[]) {
  const ends = ids.map((id) => engine.waitForEnd(id, 10_000));
  return Promise.all(ends.map(async (end) => (await end)?.transaction.status));
}

test('a flush is one statement and one send, whatever the number of transactions in it', async () => {
  const test = await start();
  const sends = jest.spyOn(test.transport, 'send');
  const ids = await begin(test);
  expect(new Set(await statusesOf(test, ids))).toEqual(new Set(['completed']));
  // The start and three steps: what comes in one turn is decided, committed and sent together.
  expect(statements.sent.filter(({ name }) => name.startsWith('commit'))).toHaveLength(4);
  expect(sends.mock.calls.map(([commands]) => commands.length)).toEqual([COUNT, COUNT, COUNT]);
  expect(statements.sent.filter(({ name }) => name === 'load')).toEqual([]);
});

test('who waits at another instance learns of the end by one look-up per tick for all', async () => {
  const [owner, other] = [await start({ answer: () => 'silence' }), await start()];
  const ids = await begin(owner);
  const ended = statusesOf(other, ids);
  const lookUps = () => statements.sent.filter(({ name }) => name === 'load');
  await waitFor(() => lookUps().length >= 3, { timeoutMs: 5_000, what: 'three look-ups' });
  for (const { values } of lookUps()) expect((values[0] as Buffer).length).toBe(BYTES_OF_ALL);
  owner.transport.answer = () => SUCCEEDED;
  for (const transaction of ids) {
    const place = { step: 'book-flight', direction: 'action', attempt: 1 } as const;
    owner.transport.deliver({ transaction, ...place, reply: SUCCEEDED });
  }
  expect(new Set(await ended)).toEqual(new Set(['completed']));
});
