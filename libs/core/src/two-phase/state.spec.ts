import { cut } from '../trouble.js';
import {
  decodeGroup,
  encodeGroup,
  FRESH,
  HEURISTICS,
  MAX_BRANCH_REASON_CHARS,
  STOPS,
  VOTES,
  type BranchState,
  type GroupState,
} from './group-state.js';
import { MAX_BRANCHES } from './define.js';
import {
  after,
  alone,
  begin,
  deadline,
  done,
  failed,
  from,
  no,
  onFrom,
  yes,
} from './small-group.fixture.js';
import { decodeState, encodeState, type TwoPhaseState } from './state.js';

test('a state survives its encoding', () => {
  const committing = after(from('a', yes), from('b', yes));
  const states = [
    ...[begin(), begin(alone), committing, after(from('b', no)), after(deadline)],
    after(from('a', yes), from('b', failed), from('b', failed)),
    onFrom(committing, from('a', { outcome: 'hazard' }), from('b', done())),
    onFrom(committing, from('a', done()), from('b', done())),
  ].map(({ state }) => state);
  for (const state of states) expect(decodeState(encodeState(state))).toEqual(state);
});

test('every mark of a branch survives its encoding', () => {
  const { group } = begin().state;
  for (const vote of [null, ...VOTES]) {
    for (const heuristic of [null, ...HEURISTICS]) {
      for (const stop of [null, ...STOPS]) {
        const isInDoubt = vote === 'commit';
        const branch: BranchState = { ...FRESH, vote, heuristic, stop, isInDoubt, reason: 'x' };
        const all: GroupState = {
          ...group,
          branches: [branch, { ...branch, resendAt: 5, isAcknowledged: true }],
        };
        expect(decodeGroup(JSON.parse(JSON.stringify(encodeGroup(all))) as never)).toEqual(all);
      }
    }
  }
});

test('the state of as many branches as there may be, all in trouble and parked, stays below 2 kB', () => {
  const name = 'n'.repeat(41);
  const reason = cut('"\u0000€'.repeat(1_000), 100);
  const detail = cut('\\\ud83d\ude00'.repeat(1_000), 300);
  const branch: BranchState = {
    vote: 'commit',
    isAcknowledged: false,
    heuristic: 'hazard',
    stop: 'barrier-expired',
    isInDoubt: true,
    attempt: 123_456,
    resendAt: 1_790_000_000_000,
    reason: cut(reason, MAX_BRANCH_REASON_CHARS),
  };
  const state: TwoPhaseState = {
    group: {
      phase: 'aborting',
      round: 9_999,
      isDelegated: false,
      mayTryAgain: true,
      decidedAt: 1_790_000_000_000,
      deadline: 1_790_000_000_000,
      branches: Array.from({ length: MAX_BRANCHES }, () => branch),
    },
    failure: {
      ...{ step: name, participant: name, operation: name },
      ...{ outcome: 'deadline-passed', reason, detail },
    },
    parked: {
      ...{ reason: 'barrier-expired', from: 'committing', at: 1_790_000_000_000, detail },
      isAcknowledged: true,
    },
  };
  expect(Buffer.byteLength(encodeState(state))).toBeLessThan(2_048);
});
