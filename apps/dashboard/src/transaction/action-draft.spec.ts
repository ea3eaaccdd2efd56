import { branchesToResolve, emptyDraft } from './action-draft.js';
import type { Branch, Transaction } from './transaction.js';

function aBranch(name: string, more: Partial<Branch> = {}): Branch {
  return {
    ...{ name, participant: 'bank', operation: 'book', round: 1, vote: 'commit' },
    ...{ acknowledged: true, heuristic: null, inDoubt: false, attempts: 1 },
    ...{ reason: null, detail: null, request: {}, reply: {}, votedAt: null, acknowledgedAt: null },
    ...more,
  };
}

function parkedBy(reason: NonNullable<Transaction['parked']>['reason']): Transaction['parked'] {
  return { reason, detail: null, at: '2026-11-26T00:00:00Z', from: 'running' };
}

const silent = aBranch('silent', { acknowledged: false, inDoubt: true });
const open = aBranch('open', { acknowledged: false });
const contrary = aBranch('contrary', { heuristic: 'abort' });

test.each([
  ['the one that contradicts', [open, silent, contrary], 'contrary', 'abort'],
  ['else the one in doubt', [aBranch('a'), open, silent], 'silent', 'commit'],
  ['else one that has not acknowledged', [aBranch('a'), open], 'open', 'commit'],
] as const)('a human is asked about %s', (_, branches, branch, heuristic) => {
  const parked = parkedBy('in-doubt');
  const two = { protocol: 'two-phase', parked, decision: 'commit', branches } as const;
  expect(emptyDraft(two)).toMatchObject({ branch, heuristic });
});

test('a saga is asked about its step, or about a branch of the atomic step under way', () => {
  const parked = parkedBy('attempts-exhausted');
  const plain = { state: 'running' } as NonNullable<Transaction['steps']>[number];
  const saga = { protocol: 'saga', parked, steps: [plain] } as const;
  expect(emptyDraft(saga)).toMatchObject({ branch: null, outcome: 'succeeded' });
  const atomic = { ...plain, branches: [{ ...silent, compensation: null }] };
  expect(emptyDraft({ ...saga, steps: [atomic] })).toMatchObject({ branch: 'silent' });
  expect(branchesToResolve({ ...saga, steps: [{ ...atomic, state: 'succeeded' }] })).toEqual([]);
});

test('an output that could not be made is given as a reply', () => {
  const parked = parkedBy('mapping-failed');
  const made = { protocol: 'two-phase', parked, decision: 'commit', branches: [open] } as const;
  expect(emptyDraft(made)).toMatchObject({ branch: null });
});
