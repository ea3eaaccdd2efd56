import {
  isTwoPhase,
  twoPhaseMachine,
  type OutgoingCommand,
  type TransactionId,
  type TwoPhaseTransaction,
} from '@skald/core';
import { PostgresViews } from '@skald/storage-postgres';
import { waitFor } from '../../../tools/wait.mjs';
import { startOf, type Answer, type TestEngine } from '../../setup/engine.js';
import { engineSuite } from '../../setup/engine-suite.js';
import {
  agreeable,
  bookAlone,
  BOOKED,
  moveMoney,
  type MoveTimes,
} from '../../setup/move.two-phase.js';

const suite = engineSuite();
const REFUSED: Answer = { outcome: 'rejected', reason: 'overdrawn' };

function start(answer: (command: OutgoingCommand) => Answer = agreeable, times: MoveTimes = {}) {
  return suite.start({ answer, definitions: [moveMoney(times), bookAlone(times)] });
}

async function begin({ engine }: TestEngine, definition = 'move'): Promise<TransactionId> {
  const { snapshot } = await engine.begin(startOf(definition, { amount: 5 }));
  return snapshot.transaction.id;
}

async function find({ engine }: TestEngine, id: TransactionId): Promise<TwoPhaseTransaction> {
  const { transaction } = await engine.find(id);
  if (!isTwoPhase(transaction)) throw new Error(`${id} is no two-phase transaction`);
  return transaction;
}

async function end(test: TestEngine, id: TransactionId): Promise<TwoPhaseTransaction> {
  await test.engine.waitForEnd(id, 5_000);
  return find(test, id);
}

async function becomes(test: TestEngine, id: TransactionId, status: string) {
  const is = async () => (await find(test, id)).status === status;
  await waitFor(is, { timeoutMs: 5_000, what: status });
}

const sent = ({ transport }: TestEngine) =>
  transport.sent.map(({ direction, step }) => `${direction} ${step}`);

const ask = ({ engine }: TestEngine, id: TransactionId, step: string) =>
  engine.decide(id, step).then(({ decision }) => decision);

test('all vote commit: every branch is told once, and the output has the replies', async () => {
  const test = await start();
  const id = await begin(test);
  const ended = await end(test, id);
  expect([ended.status, ended.payloads.output]).toEqual(['committed', '[7,7]']);
  expect(sent(test)).toEqual(['prepare from.1', 'prepare to.1', 'commit from.1', 'commit to.1']);
  expect(await ask(test, id, 'from.1')).toBe('commit');
});

test('one votes abort: the others are told, and the caller learns who and why', async () => {
  const test = await start((command) => {
    if (command.direction === 'prepare' && command.participant === 'south') return REFUSED;
    return agreeable(command);
  });
  const id = await begin(test);
  const ended = await end(test, id);
  expect(ended.status).toBe('aborted');
  expect(ended.state.failure).toMatchObject({
    step: 'to',
    participant: 'south',
    reason: 'overdrawn',
  });
  expect(sent(test)).toEqual(['prepare from.1', 'prepare to.1', 'abort from.1']);
  expect(await ask(test, id, 'from.1')).toBe('abort');
});

test('trouble that may pass aborts a round, and the next one commits', async () => {
  const test = await start((command) => {
    const isTrouble = command.step === 'to.1' && command.direction === 'prepare';
    return isTrouble ? { outcome: 'failed', reason: 'lock-timeout' } : agreeable(command);
  });
  const id = await begin(test);
  const ended = await end(test, id);
  expect([ended.status, ended.state.group.round]).toEqual(['committed', 2]);
  expect(await ask(test, id, 'from.1')).toBe('abort');
  expect(await ask(test, id, 'from.2')).toBe('commit');
  expect(test.transport.sent.filter(({ step }) => step === 'to.1')).toHaveLength(4);
});

test('the prepare deadline aborts what has not voted', async () => {
  const answer = (command: OutgoingCommand): Answer =>
    command.direction === 'prepare' && command.participant === 'south'
      ? 'silence'
      : agreeable(command);
  const test = await start(answer, { deadlineMs: 100 });
  const ended = await end(test, await begin(test));
  expect(ended.status).toBe('aborted');
  expect(ended.state.failure).toMatchObject({ outcome: 'deadline-passed' });
});

test('E11: an inquiry aborts only what exists, is undecided and past its deadline', async () => {
  const test = await start(({ direction }) => (direction === 'prepare' ? 'silence' : BOOKED));
  const id = await begin(test);
  expect(await ask(test, id, 'from.1')).toBe('undecided');
  expect(await ask(test, id, 'other.1')).toBe('unknown');
  expect(await ask(test, id, 'from')).toBe('unknown');
  expect(await ask(test, 'aaaaaaaa-0000-4000-8000-000000000000' as TransactionId, 'from.1')).toBe(
    'unknown',
  );

  const { engine } = test;
  const passesAt = engine.now() + 1;
  const late = startOf('move', { amount: 5 }, { deadline: passesAt });
  await engine.begin(late);
  await waitFor(() => engine.now() > passesAt, { timeoutMs: 1_000, what: 'the deadline' });
  expect(await ask(test, late.id, 'from.1')).toBe('abort');
  expect((await find(test, late.id)).state.failure).toMatchObject({ outcome: 'deadline-passed' });
});

test('E11: another instance answers from the store, and may abort for the one that is silent', async () => {
  const silent = await start(() => 'silence');
  const { engine } = silent;
  const request = startOf('move', { amount: 5 }, { deadline: engine.now() + 400 });
  await engine.begin(request);
  await engine.stop();
  const other = await start();
  const isDue = () => other.engine.now() > (request.deadline ?? 0);
  await waitFor(isDue, { timeoutMs: 2_000, what: 'the deadline' });
  expect(await ask(other, request.id, 'to.1')).toBe('abort');
});

test('T6: a single branch decides, and its deadline aborts nothing', async () => {
  let isSilent = true;
  const test = await start(() => (isSilent ? 'silence' : BOOKED), {
    deadlineMs: 50,
    timeoutMs: 30,
  });
  const id = await begin(test, 'book');
  await waitFor(() => test.transport.sent.length > 2, { timeoutMs: 5_000, what: 'repeats' });
  expect(await ask(test, id, 'only.1')).toBe('undecided');
  expect((await find(test, id)).status).toBe('preparing');
  await expect(
    test.engine.order(id, { type: 'cancel-requested', by: 'anna', reason: 'why' }),
  ).rejects.toMatchObject({ code: 'STATE_FORBIDS' });
  isSilent = false;
  expect((await end(test, id)).status).toBe('committed');
  expect(new Set(sent(test))).toEqual(new Set(['action only.1']));
});

test('a decision is told until it is acknowledged; in doubt it needs attention, with its branches', async () => {
  let isDeaf = true;
  const test = await start(
    (command) => {
      const isIgnored = isDeaf && command.direction === 'commit' && command.participant === 'south';
      return isIgnored ? { outcome: 'failed', reason: 'no-disk' } : agreeable(command);
    },
    { deadlineMs: 60_000 },
  );
  const id = await begin(test);
  const inDoubt = async () => (await find(test, id)).state.group.branches[1]?.isInDoubt === true;
  await waitFor(inDoubt, { timeoutMs: 10_000, what: 'doubt' });
  const views = new PostgresViews({ url: suite.databaseUrl() });
  const { items } = await views.attention({ limit: 10 });
  expect(items.map(({ started }) => started.id)).toEqual([id]);
  isDeaf = false;
  expect((await end(test, id)).status).toBe('committed');
  expect(await views.attention({ limit: 10 })).toMatchObject({ items: [] });
  await views.close();
});

test('T12: what contradicts the decision is recorded, the others are told, and a human takes notice', async () => {
  const test = await start((command) => {
    const isContrary = command.direction === 'commit' && command.participant === 'north';
    return isContrary ? { outcome: 'heuristic-abort' } : agreeable(command);
  });
  const id = await begin(test);
  await becomes(test, id, 'parked');
  const { state } = await find(test, id);
  expect(state.parked).toMatchObject({ reason: 'heuristic-mixed', from: 'committing' });
  expect(state.group.branches.map(({ isAcknowledged }) => isAcknowledged)).toEqual([false, true]);
  const views = new PostgresViews({ url: suite.databaseUrl() });
  expect((await views.attention({ limit: 10 })).items).toHaveLength(1);
  await test.engine.order(id, { type: 'resolve-requested', by: 'anna', reason: 'seen' });
  expect((await find(test, id)).status).toBe('parked');
  expect((await views.attention({ limit: 10 })).items).toHaveLength(0);
  expect(await ask(test, id, 'to.1')).toBe('commit');
  await views.close();
});

test('what an instance leaves behind, undecided or half told, another one finishes', async () => {
  const first = await start(({ direction }) =>
    direction === 'commit' ? 'silence' : agreeable({ direction } as never),
  );
  const half = await begin(first);
  await becomes(first, half, 'committing');
  first.transport.answer = () => 'silence';
  const undecided = await begin(first);
  await first.engine.stop();
  const second = await suite.start({
    answer: agreeable,
    definitions: [moveMoney()],
    limits: { leaseMs: 300 },
  });
  const ids = [half, undecided];
  const statuses = await Promise.all(ids.map(async (id) => (await end(second, id)).status));
  expect(statuses).toEqual(['committed', 'committed']);
});

test('replaying the history of each gives its row, and rows stay small', async () => {
  const script: Answer[] = [{ outcome: 'failed', reason: 'busy' }, REFUSED, BOOKED];
  for (const first of script) {
    const test = await start((command) => {
      const isFirst = command.attempt === 1 && command.participant === 'south';
      return isFirst && command.direction === 'prepare' ? first : agreeable(command);
    });
    const id = await begin(test);
    const ended = await end(test, id);
    const views = new PostgresViews({ url: suite.databaseUrl() });
    const entries = await views.history(id, 0, 200);
    await views.close();
    const begun = { id, definition: ended.definition };
    expect(twoPhaseMachine.replay(moveMoney(), begun, entries)).toEqual(ended);
    expect(entries.map(({ type }) => type)).toContain('vote-received');
    await test.engine.stop();
  }
});
