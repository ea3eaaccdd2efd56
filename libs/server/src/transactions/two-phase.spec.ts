import type { OutgoingCommand, Reply } from '@skald/core';
import { bodyOf, itemsOf, startApi, type Api, type Body } from '../../../../test/setup/api.js';
import { begunWith } from '../../../../test/setup/begun.js';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const MOVE = { definition: 'move', input: { amount: 5 } };
const get = async (id: string) => bodyOf(await api.request(`/v1/transactions/${id}`));

const begin = (
  answer: (command: OutgoingCommand) => Reply | 'silence' | undefined,
  isThere: (body: Body) => boolean,
) => begunWith(api, MOVE, { answer, isThere });

const from = (command: OutgoingCommand, direction: string) =>
  command.participant === 'north' && command.direction === direction;

test('a committed transaction shows its decision, and of every branch vote and acknowledgement', async () => {
  const view = await begin(
    () => undefined,
    ({ status }) => status === 'committed',
  );
  expect(view).toMatchObject({
    protocol: 'two-phase',
    decision: 'commit',
    heuristic: null,
    failure: null,
    output: [7, 7],
    waitingFor: [],
    branches: [
      {
        ...{ name: 'from', participant: 'north', operation: 'book', round: 1, attempts: 1 },
        ...{ vote: 'commit', acknowledged: true, heuristic: null, inDoubt: false, reason: null },
        ...{ request: { amount: -5 }, reply: { balance: 7 } },
      },
      { name: 'to', vote: 'commit', acknowledged: true, request: { amount: 5 } },
    ],
  });
  expect(view).not.toHaveProperty('steps');
  const [first] = view['branches'] as readonly Body[];
  expect([first?.['votedAt'], first?.['acknowledgedAt']]).not.toContain(null);
});

test('an aborted one says which branch voted so, and why', async () => {
  const refused: Reply = { outcome: 'rejected', reason: 'overdrawn', detail: 'by 3' };
  const view = await begin(
    (command) => (from(command, 'prepare') ? refused : undefined),
    ({ status }) => status === 'aborted',
  );
  expect(view).toMatchObject({
    decision: 'abort',
    output: null,
    failure: { step: 'from', participant: 'north', operation: 'book', reason: 'overdrawn' },
    branches: [
      { name: 'from', vote: 'abort', acknowledged: false, reason: 'overdrawn', detail: 'by 3' },
      { name: 'to', acknowledged: true },
    ],
  });
});

test('its history tells votes and acknowledgements, and its export has it all', async () => {
  const { id } = await begin(
    () => undefined,
    ({ status }) => status === 'committed',
  );
  const path = `/v1/transactions/${id as string}`;
  const rows = itemsOf(await bodyOf(await api.request(`${path}/history`)));
  expect(rows.map(({ type, status }) => `${type as string} ${status as string}`)).toEqual([
    'started preparing',
    'vote-received preparing',
    'vote-received committing',
    'decision-acknowledged committing',
    'decision-acknowledged committed',
  ]);
  expect(rows[1]).toMatchObject({
    direction: 'prepare',
    data: { outcome: 'succeeded', vote: 'commit' },
  });
  const exported = await bodyOf(await api.request(`${path}/export`));
  expect(exported).toMatchObject({ ends: { status: 'committed' } });
});

test('a participant that prepared asks what was decided', async () => {
  const { id } = await begin(
    () => undefined,
    ({ status }) => status === 'committed',
  );
  const ask = async (about: unknown, step: unknown) => {
    const answer = await api.post(`/v1/transactions/${about as string}/decision`, { step });
    return [answer.status, (await bodyOf(answer))['decision']];
  };
  expect(await ask(id, 'from.1')).toEqual([200, 'commit']);
  expect(await ask(id, 'nobody.1')).toEqual([200, 'unknown']);
  expect(await ask('aaaaaaaa-0000-4000-8000-000000000001', 'from.1')).toEqual([200, 'unknown']);
  expect(await ask(id, 'From 1')).toEqual([400, undefined]);
});

test('a contradiction is parked as mixed, previewed, acknowledged, audited, and never a success', async () => {
  const view = await begin(
    (command) => (from(command, 'commit') ? { outcome: 'heuristic-abort' } : undefined),
    ({ status }) => status === 'parked',
  );
  const path = `/v1/transactions/${view['id'] as string}`;
  expect(view).toMatchObject({
    decision: 'commit',
    heuristic: 'mixed',
    parked: { reason: 'heuristic-mixed', from: 'committing' },
    branches: [{ heuristic: 'abort', acknowledged: false }, { acknowledged: true }],
  });
  const listed = itemsOf(await bodyOf(await api.request('/v1/attention')));
  expect(listed).toMatchObject([
    { id: view['id'], attention: 'parked', branches: [{ name: 'from', participant: 'north' }] },
  ]);
  expect((await api.post(`${path}/skip`, { reason: 'x' })).status).toBe(409);
  expect((await api.post(`${path}/retry`, { reason: 'x' })).status).toBe(409);
  const word = { reason: 'called them', branch: 'from', heuristic: 'commit' };
  const preview = await bodyOf(await api.post(`${path}/resolve?preview=true`, word));
  expect(preview).toMatchObject({ allowed: true, status: 'parked', calls: [] });
  expect((await api.post(`${path}/resolve`, word)).status).toBe(202);
  expect(await get(view['id'] as string)).toMatchObject({
    status: 'parked',
    heuristic: 'mixed',
    parked: { isAcknowledged: true },
  });
  expect(itemsOf(await bodyOf(await api.request('/v1/attention')))).toEqual([]);
  const audited = itemsOf(
    await bodyOf(await api.request(`/v1/audit?object=${view['id'] as string}`)),
  );
  expect(audited.map(({ action, result }) => `${action as string} ${result as string}`)).toEqual([
    'resolve done',
    'retry refused: STATE_FORBIDS',
    'skip refused: STATE_FORBIDS',
  ]);
});

test('a branch that refuses the decision is parked in doubt; a human says what became of it', async () => {
  const { id } = await begin(
    (command) => (from(command, 'commit') ? { outcome: 'rejected', reason: 'gone' } : undefined),
    ({ status }) => status === 'parked',
  );
  const path = `/v1/transactions/${id as string}`;
  const listed = itemsOf(await bodyOf(await api.request(`/v1/transactions?participant=north`)));
  expect(listed.map((item) => item['id'])).not.toContain(id); // Nothing is asked of it any more.
  expect((await api.post(`${path}/resolve`, { reason: 'x', branch: 'from' })).status).toBe(400);
  const word = { reason: 'booked by hand', branch: 'from', heuristic: 'commit' };
  expect((await api.post(`${path}/resolve`, word)).status).toBe(202);
  expect(await get(id as string)).toMatchObject({ status: 'committed', heuristic: 'commit' });
});

test('what waits for a participant or branch is found, with what it is asked and when', async () => {
  api.answerBy(() => undefined);
  const { id } = await bodyOf(await api.post('/v1/transactions', MOVE));
  const found = async (query: string) =>
    itemsOf(await bodyOf(await api.request(`/v1/transactions?${query}`))).map((item) => item['id']);
  expect(await found('participant=south&status=preparing')).toEqual([id]);
  expect(await found('step=from&definition=move')).toEqual([id]);
  expect(await get(id as string)).toMatchObject({
    decision: null,
    waitingFor: [
      { step: 'from.1', direction: 'prepare', participant: 'north', attempt: 1, maxAttempts: 3 },
      { step: 'to.1', direction: 'prepare', participant: 'south' },
    ],
  });
  const cancelled = await api.post(`/v1/transactions/${id as string}/cancel`, { reason: 'x' });
  expect(await bodyOf(cancelled)).toMatchObject({ status: 'aborting', decision: 'abort' });
});

test('a definition lists its branches in place of steps', async () => {
  expect(await bodyOf(await api.request('/v1/definitions/move'))).toMatchObject({
    protocol: 'two-phase',
    deadlineMs: 60_000,
    maxRounds: 3,
    branches: [
      { name: 'from', operation: 'north.book', timeoutMs: 5_000, maxAttempts: 3 },
      { name: 'to', operation: 'south.book' },
    ],
  });
});
