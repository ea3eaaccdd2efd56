import type { OutgoingCommand, Reply } from '@skald/core';
import {
  bodyOf,
  itemsOf,
  startApi,
  until,
  type Api,
  type Body,
} from '../../../../test/setup/api.js';
import { begunWith } from '../../../../test/setup/begun.js';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const EXCHANGE = { definition: 'exchange', input: { amount: 5 } };
const get = async (id: unknown) => bodyOf(await api.request(`/v1/transactions/${id as string}`));
const is = (command: OutgoingCommand, step: string, direction: string) =>
  command.step === step && command.direction === direction;

const begin = (
  answer: (command: OutgoingCommand) => Reply | 'silence' | undefined,
  isThere: (body: Body) => boolean,
) => begunWith(api, EXCHANGE, { answer, isThere });

test('an atomic step shows its branches and its decision in place of an action', async () => {
  const view = await begin(
    () => undefined,
    ({ status }) => status === 'completed',
  );
  expect(view).toMatchObject({
    ...{ protocol: 'saga', output: 7 },
    steps: [
      { name: 'fee', action: { attempts: 1 }, compensation: { attempts: 0 } },
      {
        ...{ name: 'there', kind: 'compensatable', state: 'succeeded' },
        ...{ action: null, compensation: null, decision: 'commit', heuristic: null },
        branches: [
          {
            ...{ name: 'give', participant: 'north', round: 1, vote: 'commit', acknowledged: true },
            ...{ request: { amount: -5 }, reply: { balance: 7 } },
            compensation: { operation: 'undo', attempts: 0, request: null },
          },
          { name: 'get', vote: 'commit', acknowledged: true, reply: { balance: 7 } },
        ],
      },
      {
        name: 'back',
        kind: 'pivot',
        branches: [{ compensation: null }, { request: { amount: 7 } }],
      },
    ],
  });
  expect(view).not.toHaveProperty('branches');
  const decided = await api.post(`/v1/transactions/${view['id'] as string}/decision`, {
    step: 'hand-back.1',
  });
  expect(await bodyOf(decided)).toMatchObject({ decision: 'commit' });
});

test('a no of a branch is the failure; what had committed before is undone branch by branch', async () => {
  const no: Reply = { outcome: 'rejected', reason: 'overdrawn', detail: 'by 3' };
  const view = await begin(
    (command) => (is(command, 'return.1', 'prepare') ? no : undefined),
    ({ status }) => status === 'compensated',
  );
  expect(view).toMatchObject({
    failure: { step: 'return', participant: 'north', operation: 'book', reason: 'overdrawn' },
    steps: [
      { state: 'compensated' },
      {
        state: 'compensated',
        branches: [
          { compensation: { attempts: 1, request: { amount: 7 }, error: null } },
          { compensation: { attempts: 1, reply: { balance: 7 } } },
        ],
      },
      {
        ...{ state: 'rejected', decision: 'abort' },
        branches: [{ vote: 'abort', reason: 'overdrawn', detail: 'by 3' }, { acknowledged: true }],
      },
    ],
  });
  const path = `/v1/transactions/${view['id'] as string}/history`;
  const rows = itemsOf(await bodyOf(await api.request(path)));
  const told = rows.map(({ step, direction }) => `${String(direction)} ${String(step)}`);
  expect(told.slice(-3)).toEqual(['compensation get.1', 'compensation give.1', 'compensation fee']);
});

test('what a branch waits for is found, previewed and cancelled', async () => {
  const view = await begin(
    (command) => (is(command, 'get.1', 'prepare') ? 'silence' : undefined),
    ({ waitingFor }) => /^\[\{"step":"get.1"/.test(JSON.stringify(waitingFor)),
  );
  expect(view).toMatchObject({
    status: 'running',
    waitingFor: [{ step: 'get.1', direction: 'prepare', participant: 'south', maxAttempts: 3 }],
    steps: [{}, { state: 'running', decision: null }, { state: 'pending', decision: null }],
  });
  const id = view['id'] as string;
  const found = async (query: string) =>
    itemsOf(await bodyOf(await api.request(`/v1/transactions?${query}`))).map((item) => item['id']);
  expect(await found('participant=south&definition=exchange')).toEqual([id]);
  expect(await found('step=get')).toEqual([id]);
  expect(await found('step=there')).toEqual([id]);
  expect(await found('step=give')).toEqual([]);

  const cancel = { reason: 'changed my mind' };
  const preview = await api.post(`/v1/transactions/${id}/cancel?preview=true`, cancel);
  expect(await bodyOf(preview)).toMatchObject({
    ...{ allowed: true, status: 'compensating' },
    calls: [
      { step: 'give.1', direction: 'abort' },
      { step: 'get.1', direction: 'abort' },
      { step: 'fee', direction: 'compensation' },
    ],
  });
  expect((await api.post(`/v1/transactions/${id}/cancel`, cancel)).status).toBe(202);
  const end = await until(
    () => get(id),
    ({ status }) => status === 'compensated',
  );
  expect(end).toMatchObject({ failure: { outcome: 'cancelled', detail: 'changed my mind' } });
});

test('a contradiction is parked, listed with its branch, and acknowledged', async () => {
  const view = await begin(
    (command) => (is(command, 'return.1', 'commit') ? { outcome: 'heuristic-abort' } : undefined),
    ({ status }) => status === 'parked',
  );
  expect(view).toMatchObject({
    parked: { reason: 'heuristic-mixed', from: 'running' },
    steps: [{}, {}, { state: 'running', decision: 'commit', heuristic: 'mixed' }],
  });
  const attention = async () => itemsOf(await bodyOf(await api.request('/v1/attention')));
  expect(await attention()).toMatchObject([
    { id: view['id'], attention: 'parked', branches: [{ name: 'return', participant: 'north' }] },
  ]);
  const path = `/v1/transactions/${view['id'] as string}`;
  for (const order of ['retry', 'skip', 'cancel']) {
    expect((await api.post(`${path}/${order}`, { reason: 'x' })).status).toBe(409);
  }
  const word = { reason: 'seen', branch: 'return', heuristic: 'commit' };
  expect((await api.post(`${path}/resolve`, word)).status).toBe(202);
  expect(await get(view['id'])).toMatchObject({ parked: { isAcknowledged: true } });
  expect(await attention()).toEqual([]);
});

test('a definition shows the branches of its atomic steps', async () => {
  expect(await bodyOf(await api.request('/v1/definitions/exchange'))).toMatchObject({
    steps: [
      { name: 'fee', action: 'north.book' },
      {
        ...{ name: 'there', kind: 'compensatable', action: null, actionTiming: null },
        ...{ deadlineMs: 30_000, maxRounds: 2 },
        branches: [
          {
            ...{ name: 'give', operation: 'north.book', maxAttempts: 3 },
            ...{ compensation: 'north.undo', compensationTiming: { maxAttempts: 50 } },
          },
          { name: 'get' },
        ],
      },
      { name: 'back', branches: [{ compensation: null }, { compensation: null }] },
    ],
  });
});
