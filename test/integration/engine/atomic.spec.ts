import {
  isSaga,
  replay,
  type OutgoingCommand,
  type SagaTransaction,
  type TransactionId,
} from '@skald/core';
import { PostgresViews } from '@skald/storage-postgres';
import { waitFor } from '../../../tools/wait.mjs';
import { startOf, type Answer, type TestEngine } from '../../setup/engine.js';
import { engineSuite } from '../../setup/engine-suite.js';
import { exchange } from '../../setup/exchange.saga.js';
import { agreeable } from '../../setup/move.two-phase.js';

const suite = engineSuite();

function start(answer: (command: OutgoingCommand) => Answer = agreeable, deadlineMs = 30_000) {
  return suite.start({ answer, definitions: [exchange({ deadlineMs })] });
}

async function begin({ engine }: TestEngine): Promise<TransactionId> {
  return (await engine.begin(startOf('exchange', { amount: 5 }))).snapshot.transaction.id;
}

async function find({ engine }: TestEngine, id: TransactionId): Promise<SagaTransaction> {
  const { transaction } = await engine.find(id);
  if (!isSaga(transaction)) throw new Error(`${id} is no saga`);
  return transaction;
}

async function end(test: TestEngine, id: TransactionId): Promise<SagaTransaction> {
  await test.engine.waitForEnd(id, 5_000);
  return find(test, id);
}

const sent = ({ transport }: TestEngine) =>
  transport.sent.map(({ direction, step }) => `${direction} ${step}`);
const ask = ({ engine }: TestEngine, id: TransactionId, step: string) =>
  engine.decide(id, step).then(({ decision }) => decision);
const silentTo = (step: string, direction: string) => (command: OutgoingCommand) =>
  command.step === step && command.direction === direction ? 'silence' : agreeable(command);

test('S11: branches are asked at once, and the saga goes on after the last acknowledgement', async () => {
  const test = await start();
  const ended = await end(test, await begin(test));
  expect(ended.status).toBe('completed');
  const group = (one: string, other: string) =>
    ['prepare', 'commit'].flatMap((direction) => [`${direction} ${one}`, `${direction} ${other}`]);
  expect(sent(test)).toEqual([
    'action fee',
    ...group('give.1', 'get.1'),
    ...group('return.1', 'hand-back.1'),
  ]);
  expect(await ask(test, ended.id, 'give.1')).toBe('commit');
  expect(await ask(test, ended.id, 'fee')).toBe('unknown');
});

test('S12: its own deadline aborts a group long before that of the saga', async () => {
  const test = await start(silentTo('get.1', 'prepare'), 100);
  const ended = await end(test, await begin(test));
  expect(ended.status).toBe('compensated');
  expect(ended.state.failure).toMatchObject({ outcome: 'deadline-passed' });
  expect(sent(test).slice(-3)).toEqual(['abort give.1', 'abort get.1', 'compensation fee']);
});

test('E11: an inquiry aborts an undecided group past its deadline, and nothing that is decided', async () => {
  const test = await start(silentTo('get.1', 'prepare'), 400);
  const { engine } = test;
  const id = await begin(test);
  await waitFor(() => sent(test).includes('prepare get.1'), { timeoutMs: 5_000, what: 'prepare' });
  expect(await ask(test, id, 'give.1')).toBe('undecided');
  expect(await ask(test, id, 'return.1')).toBe('unknown');
  await engine.stop();

  const other = await start(agreeable, 400);
  const { deadline } = (await find(other, id)).state.groups[0]?.group ?? { deadline: 0 };
  const isDue = () => other.engine.now() > deadline;
  await waitFor(isDue, { timeoutMs: 2_000, what: 'the deadline of the group' });
  expect(await ask(other, id, 'get.1')).toBe('abort');
  expect((await find(other, id)).state.failure).toMatchObject({ outcome: 'deadline-passed' });
});

test('what an instance leaves half told another one finishes; a decision that is not acknowledged needs attention', async () => {
  const first = await start(silentTo('return.1', 'commit'));
  const id = await begin(first);
  const isTold = () => sent(first).includes('commit return.1');
  await waitFor(isTold, { timeoutMs: 5_000, what: 'the decision' });
  await first.engine.stop();
  const second = await suite.start({
    answer: agreeable,
    definitions: [exchange()],
    limits: { leaseMs: 300 },
  });
  expect((await end(second, id)).status).toBe('completed');
});

test('replaying the history of a saga with atomic steps gives its row', async () => {
  const test = await start((command) => {
    const isLast = command.step === 'hand-back.1' && command.direction === 'prepare';
    return isLast ? { outcome: 'rejected', reason: 'closed' } : agreeable(command);
  });
  const ended = await end(test, await begin(test));
  expect(ended.status).toBe('compensated');
  const views = new PostgresViews({ url: suite.databaseUrl() });
  const entries = await views.history(ended.id, 0, 200);
  await views.close();
  const begun = { id: ended.id, definition: ended.definition };
  expect(replay(exchange(), begun, entries)).toEqual(ended);
});
