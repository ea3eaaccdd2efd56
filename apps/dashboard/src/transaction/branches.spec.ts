import { wordsOf } from './branches.js';
import type { Branch } from './transaction.js';

const branch: Branch = {
  name: 'ledger',
  participant: 'payment',
  operation: 'settle',
  round: 1,
  vote: null,
  acknowledged: false,
  heuristic: null,
  inDoubt: false,
  attempts: 1,
  reason: null,
  detail: null,
  request: null,
  reply: null,
  votedAt: null,
  acknowledgedAt: null,
};

test.each([
  [{}, null, 'asked for its vote'],
  [{ vote: 'commit' }, null, 'voted commit'],
  [{ vote: 'commit' }, 'commit', 'voted commit, is told commit'],
  [{ vote: 'commit', acknowledged: true }, 'commit', 'commit acknowledged'],
  [{ vote: 'abort' }, 'abort', 'voted abort'],
  [{ vote: 'read-only' }, 'commit', 'voted read-only'],
  [{}, 'abort', 'abort without a vote'],
  [{ vote: 'commit', inDoubt: true }, 'commit', 'in doubt: told commit in vain'],
  [{ vote: 'commit', heuristic: 'abort' }, 'commit', 'decided by itself: abort'],
] as const)('%j under decision %s: %s', (given, decision, words) => {
  expect(wordsOf({ ...branch, ...given }, decision)).toBe(words);
});
