import type { Schemas } from '../api/client.js';
import { graphOfDefinition, graphOfTransaction } from './model.js';

type Transaction = Schemas['Transaction'];
type Step = NonNullable<Transaction['steps']>[number];

const call = (operation: string, given: object = {}) => ({
  participant: 'shop',
  operation,
  attempts: 1,
  request: null,
  reply: null,
  error: null,
  startedAt: null,
  endedAt: null,
  ...given,
});

function step(name: string, state: Step['state'], canUndo: boolean): Step {
  const compensation = canUndo ? call(`undo-${name}`) : null;
  const kind = canUndo ? 'compensatable' : 'pivot';
  return { name, kind, state, action: call(name), compensation };
}

function transaction(given: Partial<Transaction>): Transaction {
  return { status: 'running', parked: null, failure: null, ...given } as Transaction;
}

test('a running saga shows what is done, where it is and the path that remains', () => {
  const steps = [
    step('create', 'succeeded', true),
    step('reserve', 'running', true),
    step('charge', 'pending', false),
  ];
  const { nodes, edges } = graphOfTransaction(transaction({ steps }));
  expect(nodes.map(({ action }) => action.phase)).toEqual(['done', 'now', 'ahead']);
  expect(nodes.map(({ compensation }) => compensation?.phase)).toEqual([
    'aside',
    'aside',
    undefined,
  ]);
  expect(edges).toMatchObject([
    { id: 'create>reserve', kind: 'forward', phase: 'now' },
    { id: 'reserve>charge', kind: 'forward', phase: 'ahead' },
    { id: 'reserve<create', kind: 'back', phase: 'aside' },
  ]);
});

test('one that turns back shows the step that failed, what was undone and what will be', () => {
  const steps = [
    step('create', 'succeeded', true),
    step('reserve', 'compensating', true),
    step('charge', 'rejected', false),
    step('confirm', 'pending', false),
  ];
  const failure = { step: 'charge', outcome: 'rejected', reason: 'declined' };
  const { nodes, edges } = graphOfTransaction(
    transaction({ steps, status: 'compensating', failure: failure as Transaction['failure'] }),
  );
  expect(nodes.map(({ action }) => action.state)).toEqual([
    'succeeded',
    'succeeded',
    'rejected',
    'pending',
  ]);
  expect(nodes.map(({ compensation }) => compensation?.phase)).toEqual([
    'ahead',
    'now',
    undefined,
    undefined,
  ]);
  expect(nodes.at(-1)?.action.phase).toBe('aside');
  expect(edges).toContainEqual({
    id: 'charge|reserve',
    source: 'charge',
    target: 'reserve',
    kind: 'turn',
    phase: 'now',
  });
  expect(edges).toContainEqual(
    expect.objectContaining({ id: 'reserve<create', kind: 'back', phase: 'ahead' }),
  );
});

test('a definition shows every way and is on none', () => {
  const timing = { timeoutMs: 1, maxAttempts: 1 };
  const both = { actionTiming: timing, compensationTiming: null };
  const { nodes, edges } = graphOfDefinition({
    steps: [
      { name: 'a', kind: 'compensatable', action: 's.a', compensation: 's.undo', ...both },
      { name: 'b', kind: 'retriable', action: 's.b', compensation: null, ...both },
    ],
  });
  expect(nodes.map(({ action }) => [action.operation, action.phase])).toEqual([
    ['s.a', 'plan'],
    ['s.b', 'plan'],
  ]);
  expect(edges).toMatchObject([{ kind: 'forward', phase: 'plan' }]);
});

test('branches stand side by side before the one decision', () => {
  const branch = { participant: 'p', operation: 'o', attempts: 1, reason: null, detail: null };
  const open = { vote: null, acknowledged: false, inDoubt: false, heuristic: null };
  const { nodes, edges } = graphOfTransaction({
    status: 'preparing',
    decision: null,
    branches: [
      { ...branch, ...open, name: 'ledger', vote: 'commit' },
      { ...branch, ...open, name: 'stock' },
    ],
  } as unknown as Transaction);
  expect(
    nodes.map(({ name, action }) => `${name}: ${action.state ?? ''}, ${action.phase}`),
  ).toEqual(['ledger: prepared, done', 'stock: preparing, now', 'the decision: pending, ahead']);
  expect(edges.map(({ source, target }) => `${source} > ${target}`)).toEqual([
    'ledger > the decision',
    'stock > the decision',
  ]);
});

test('an atomic step is its branches, between the step before and the one after', () => {
  const branch = { participant: 'p', operation: 'o', attempts: 1, reason: null, detail: null };
  const told = { vote: 'commit', acknowledged: false, inDoubt: false, heuristic: null };
  const take = {
    ...{ name: 'take', kind: 'pivot', state: 'running', action: null, compensation: null },
    decision: 'commit',
    branches: ['stock', 'money'].map((name) => ({ ...branch, ...told, name, compensation: null })),
  };
  const steps = [step('create', 'succeeded', true), take, step('confirm', 'pending', false)];
  const { nodes, edges } = graphOfTransaction(transaction({ steps: steps as Step[] }));
  expect(nodes.map(({ name, kind, action }) => [name, kind, action.state, action.phase])).toEqual([
    ['create', 'compensatable', 'succeeded', 'done'],
    ['stock', 'pivot take', 'committing', 'now'],
    ['money', 'pivot take', 'committing', 'now'],
    ['confirm', 'pivot', 'pending', 'ahead'],
  ]);
  expect(edges.map(({ id }) => id)).toEqual([
    ...['create>stock', 'create>money', 'stock>confirm', 'money>confirm'],
  ]);
});
