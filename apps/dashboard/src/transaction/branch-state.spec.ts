import { branchStateOf } from './branch-state.js';
import type { Branch } from './transaction.js';

const branch = (given: Partial<Branch>) =>
  ({ vote: null, acknowledged: false, inDoubt: false, heuristic: null, ...given }) as Branch;

test.each([
  [{}, null, 'preparing'],
  [{ vote: 'commit' }, null, 'prepared'],
  [{}, 'abort', 'aborting'],
  [{ vote: 'abort' }, 'abort', 'voted-abort'],
  [{ vote: 'read-only' }, 'commit', 'read-only'],
  [{ vote: 'commit' }, 'commit', 'committing'],
  [{ vote: 'commit', acknowledged: true }, 'commit', 'committed'],
  [{ vote: 'commit', acknowledged: true }, 'abort', 'aborted'],
  [{ vote: 'commit', inDoubt: true }, 'commit', 'in-doubt'],
  [{ vote: 'commit', acknowledged: true, heuristic: 'abort' }, 'commit', 'heuristic-abort'],
] satisfies [Partial<Branch>, 'commit' | 'abort' | null, string][])(
  '%j with decision %s is %s',
  (given, decision, state) => {
    expect(branchStateOf(branch(given), decision)).toBe(state);
  },
);
