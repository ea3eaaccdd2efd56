import type { OutgoingCommand } from '@skald/core';
import type { Snapshot } from '@skald/engine';
import { waitFor } from '../../../tools/wait.mjs';
import { startOf, stepsIn, SUCCEEDED, type Answer, type TestEngine } from '../../setup/engine.js';
import { engineSuite, scripted } from '../../setup/engine-suite.js';

const { start, store } = engineSuite();

async function run(test: TestEngine, trip: string): Promise<Snapshot> {
  const { snapshot } = await test.engine.begin(startOf('trip', { trip }));
  const ended = await test.engine.waitForEnd(snapshot.transaction.id, 5_000);
  if (!ended) throw new Error(`trip ${trip} did not end`);
  return ended;
}

test('a saga runs to its end, and its output is what the definition says', async () => {
  const test = await start();
  const { transaction } = await run(test, 'a');
  expect(transaction.status).toBe('completed');
  expect(JSON.parse(transaction.payloads.output ?? '')).toEqual({ trip: 'a', fee: 0 });
  expect(test.transport.sent.map(({ step }) => step)).toEqual([
    'book-flight',
    'pay',
    'send-tickets',
  ]);
});

test('R21: without faults every command is sent exactly once', async () => {
  const test = await start();
  await Promise.all(Array.from({ length: 200 }, (_, number) => run(test, `t-${number}`)));
  expect(test.transport.sent).toHaveLength(600);
});

test('E10: the same start again finds what it started, another one under its id is refused', async () => {
  const { engine } = await start({ answer: () => 'silence' });
  const request = startOf('trip', { trip: 'a' });
  const begun = await Promise.all([engine.begin(request), engine.begin(request)]);
  expect(begun.map(({ isNew }) => isNew)).toEqual([true, false]);
  const other = { ...request, requestHash: 'b'.repeat(64) };
  await expect(engine.begin(other)).rejects.toMatchObject({ code: 'TRANSACTION_ID_REUSED' });
});

test('two coordinators that get the same start agree on one transaction', async () => {
  const [one, two] = [await start(), await start()];
  const request = startOf('trip', { trip: 'a' });
  const begun = await Promise.all([one.engine.begin(request), two.engine.begin(request)]);
  expect(begun.filter(({ isNew }) => isNew)).toHaveLength(1);
  await Promise.all([one, two].map(({ engine }) => engine.waitForEnd(request.id, 5_000)));
  expect([...one.transport.sent, ...two.transport.sent]).toHaveLength(3);
});

test('E10: beyond the limit a start is refused before anything is written', async () => {
  const { engine } = await start({ answer: () => 'silence', limits: { maxInFlight: 1 } });
  await engine.begin(startOf('trip', { trip: 'a' }));
  const refused = startOf('trip', { trip: 'b' });
  await expect(engine.begin(refused)).rejects.toMatchObject({
    code: 'OVERLOADED',
    context: { retryAfterSeconds: 1 },
  });
  expect(await store().load([refused.id])).toEqual([]);
});

test('failures are retried and counted; a refusal turns the saga back and is told to the caller', async () => {
  const failed = { outcome: 'failed', reason: 'busy' } as const;
  const rejected = { outcome: 'rejected', reason: 'card-declined', detail: 'no' } as const;
  const test = await start({
    answer: scripted({ 'book-flight': [failed, failed], pay: [rejected] }),
  });
  const { transaction } = await run(test, 'a');
  expect(transaction.status).toBe('compensated');
  expect(transaction.state.failure).toMatchObject({ step: 'pay', reason: 'card-declined' });
  expect(stepsIn(transaction).map(({ actionAttempts }) => actionAttempts)).toEqual([3, 1, 0]);
});

test('what the input or a mapping cannot be costs its own transaction only', async () => {
  const { engine } = await start();
  await expect(engine.begin(startOf('trip', { trip: 1 }))).rejects.toMatchObject({
    code: 'REQUEST_INVALID',
    context: { errors: [{ pointer: '/input/trip' }] },
  });
  await expect(engine.begin(startOf('nope', {}))).rejects.toMatchObject({
    code: 'DEFINITION_UNKNOWN',
  });
});

test('one row that the database refuses is left out; the 200 others of its group are stored', async () => {
  const test = await start();
  const bad = startOf('trip', { trip: 'bad' }, { startedBy: 'nul \u0000 character' });
  const others = Array.from({ length: 200 }, (_, number) => run(test, `t-${number}`));
  await expect(test.engine.begin(bad)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  const statuses = (await Promise.all(others)).map(({ transaction }) => transaction.status);
  expect(new Set(statuses)).toEqual(new Set(['completed']));
});

test('an order whose data the database refuses parks that transaction alone', async () => {
  const test = await start({ answer: () => 'silence' });
  const { snapshot } = await test.engine.begin(startOf('trip', { trip: 'a' }));
  const { id } = snapshot.transaction;
  await test.engine.order(id, { type: 'retry-requested', by: 'local', reason: '\u0000' });
  expect((await test.engine.find(id)).transaction).toMatchObject({ status: 'parked' });
});

test('a participant that answers for another one is not believed', async () => {
  const test = await start({ answer: () => 'silence' });
  const { snapshot } = await test.engine.begin(startOf('trip', { trip: 'a' }));
  const { id } = snapshot.transaction;
  const forged = { transaction: id, step: 'book-flight', direction: 'action', attempt: 1 } as const;
  test.transport.deliver({ ...forged, reply: SUCCEEDED, participant: 'stranger' });
  expect((await test.engine.find(id)).transaction.seq).toBe(1);
  test.transport.deliver({ ...forged, reply: SUCCEEDED, participant: 'travel' });
  const isNext = async () => (await test.engine.find(id)).transaction.seq === 2;
  await waitFor(isNext, { timeoutMs: 5_000, what: 'the answer of the one that was asked' });
});

test('a cancelled command that is never answered gives its place back', async () => {
  const answer = ({ direction }: OutgoingCommand): Answer =>
    direction === 'action' ? 'silence' : SUCCEEDED;
  const { engine } = await start({ answer, limits: { maxInFlightPerParticipant: 1 } });
  const { snapshot } = await engine.begin(startOf('trip', { trip: 'a' }));
  const { id } = snapshot.transaction;
  expect(engine.participants()[0]).toMatchObject({ inFlight: 1 });
  await engine.order(id, { type: 'cancel-requested', by: 'local', reason: 'changed my mind' });
  expect((await engine.waitForEnd(id, 5_000))?.transaction.status).toBe('compensated');
  expect(engine.participants()[0]).toMatchObject({ inFlight: 0, held: 0 });
});

test('an operator sees what follows, does it with a reason, and is refused on a stale view', async () => {
  const rejected = { outcome: 'rejected', reason: 'no' } as const;
  const test = await start({ answer: scripted({ 'send-tickets': [rejected] }) });
  const { transaction } = await run(test, 'a');
  expect(transaction.state.parked).toMatchObject({ reason: 'retriable-rejected' });
  const { id, version } = transaction;
  const order = { type: 'retry-requested', by: 'local', reason: 'fixed' } as const;
  const preview = await test.engine.preview(id, order);
  expect(preview).toMatchObject({ allowed: true, status: 'running', version });
  expect(preview.calls.map(({ operation }) => operation)).toEqual(['send-tickets']);
  await expect(test.engine.order(id, order, { ifVersion: version - 1 })).rejects.toMatchObject({
    code: 'VERSION_MISMATCH',
  });
  await test.engine.order(id, order, { ifVersion: version });
  const isCompleted = async () => (await test.engine.find(id)).transaction.status === 'completed';
  await waitFor(isCompleted, { timeoutMs: 5_000, what: 'the saga to be completed' });
  expect(test.audits.map(({ result }) => result)).toEqual(['refused: VERSION_MISMATCH']);
});
