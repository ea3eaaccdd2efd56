import type { Reply } from '../wire/reply.js';
import {
  after,
  alone,
  asks,
  begin,
  cancel,
  deadline,
  done,
  failed,
  from,
  lastOf,
  no,
  readOnly,
  silence,
  yes,
  type Happening,
} from './small-group.fixture.js';

const sent = (...happened: readonly Happening[]) =>
  lastOf(begin(), ...happened).effects.map(({ direction, step }) => `${direction} ${step}`);

const unknown = { ...yes, vote: 'perhaps' } as unknown as Reply;
const WHILE_PREPARING: [string, Happening[], string, string[]][] = [
  ['nothing happened', [], 'preparing', []],
  [
    'every vote is commit',
    [from('a', yes), from('b', yes)],
    'committing',
    ['commit a.1', 'commit b.1'],
  ],
  ['one vote is abort', [from('a', yes), from('b', no)], 'aborting', ['abort a.1']],
  ['the first vote is abort', [from('b', no)], 'aborting', ['abort a.1']],
  ['a vote is read-only', [from('a', yes), from('b', readOnly())], 'committing', ['commit a.1']],
  ['all are read-only', [from('a', readOnly()), from('b', readOnly())], 'committed', []],
  ['read-only and abort', [from('a', readOnly()), from('b', no)], 'aborted', []],
  ['time runs out', [from('a', yes), deadline], 'aborting', ['abort a.1', 'abort b.1']],
  ['it is cancelled', [cancel], 'aborting', ['abort a.1', 'abort b.1']],
  ['a vote is repeated', [from('a', yes), from('a', yes)], 'preparing', []],
  ['a stranger votes', [from('a', yes), from('x', yes)], 'preparing', []],
  ['another round votes', [from('a', yes), from('b', yes, { round: 2 })], 'preparing', []],
  ['a vote is no vote', [from('b', done())], 'aborting', ['abort a.1', 'abort b.1']],
  ['a vote is unknown', [from('b', unknown)], 'aborting', ['abort a.1', 'abort b.1']],
  ['one is barred', [from('b', { outcome: 'barred' })], 'aborting', ['abort a.1']],
  ['one is too old', [from('b', { outcome: 'expired' })], 'aborting', ['abort a.1']],
  ['one has no idea', [from('b', { outcome: 'hazard' })], 'aborting', ['abort a.1', 'abort b.1']],
  ['one is in trouble', [from('b', failed)], 'preparing', []],
  ['one is silent', [silence('b')], 'preparing', []],
];

test.each(WHILE_PREPARING)('while preparing: %s', (_, happened, status, effects) => {
  const { next } = lastOf(begin(), ...happened);
  expect(next.status).toBe(status);
  if (happened.length > 0) expect(sent(...happened)).toEqual(effects);
});

const decided = [from('a', yes), from('b', yes)];
const WHILE_COMMITTING: [string, Happening[], string, string[]][] = [
  ['one acknowledges', [from('a', done())], 'committing', ['commit b.1#1']],
  ['both acknowledge', [from('a', done()), from('b', done())], 'committed', []],
  [
    'one acknowledges twice',
    [from('a', done()), from('a', done())],
    'committing',
    ['commit b.1#1'],
  ],
  [
    'a human there did the same',
    [from('a', { outcome: 'heuristic-commit' }), from('b', done())],
    'committed',
    [],
  ],
  [
    'a late no',
    [from('a', no, { direction: 'prepare' })],
    'committing',
    ['commit a.1#1', 'commit b.1#1'],
  ],
  ['the deadline', [deadline], 'committing', ['commit a.1#1', 'commit b.1#1']],
  ['one fails', [from('a', failed)], 'committing', ['commit a.1#2', 'commit b.1#1']],
  ['one is silent', [silence('b')], 'committing', ['commit a.1#1', 'commit b.1#2']],
];

test.each(WHILE_COMMITTING)('while committing: %s', (_, happened, status, waits) => {
  const now = after(...decided, ...happened);
  expect(now.status).toBe(status);
  expect(asks(now)).toEqual(waits);
});

const WHILE_ABORTING: [string, Happening[], string, string[]][] = [
  ['it acknowledges', [from('a', done())], 'aborted', []],
  ['it is barred', [from('a', { outcome: 'barred' })], 'aborted', []],
  ['it forgot, and takes nothing more', [from('a', { outcome: 'expired' })], 'aborted', []],
  ['a human there did the same', [from('a', { outcome: 'heuristic-abort' })], 'aborted', []],
  ['a late yes', [from('a', yes, { direction: 'prepare' })], 'aborting', ['abort a.1#1']],
  ['a second cancel', [cancel], 'aborting', ['abort a.1#1']],
  ['it fails', [from('a', failed)], 'aborting', ['abort a.1#2']],
];

test.each(WHILE_ABORTING)('while aborting: %s', (_, happened, status, waits) => {
  const now = after(from('b', no), ...happened);
  expect(now.status).toBe(status);
  expect(asks(now)).toEqual(waits);
});

const WHILE_DELEGATED: [string, Happening[], string][] = [
  ['nothing happened', [], 'preparing'],
  ['it is done', [from('a', done())], 'committed'],
  ['it refuses', [from('a', no)], 'aborted'],
  ['it is barred', [from('a', { outcome: 'barred' })], 'aborted'],
  ['it fails', [from('a', failed)], 'preparing'],
  ['it is silent', [silence('a')], 'preparing'],
  ['the deadline', [deadline], 'preparing'],
  ['a cancel', [cancel], 'preparing'],
  ['it is too old to say', [from('a', { outcome: 'expired' })], 'parked'],
];

test.each(WHILE_DELEGATED)('delegated: %s', (_, happened, status) => {
  expect(lastOf(begin(alone), ...happened).next.status).toBe(status);
});

test('the caller learns which branch said no, and why', () => {
  expect(after(from('b', no)).state.failure).toEqual({
    step: 'b',
    participant: 'bank',
    operation: 'book',
    outcome: 'rejected',
    reason: 'no',
    detail: 'never',
  });
  expect(after(deadline).state.failure).toMatchObject({ step: null, outcome: 'deadline-passed' });
  expect(after(cancel).state.failure).toMatchObject({ outcome: 'cancelled', detail: 'because' });
});

test('the output is made of the replies that came with the acknowledgements, and with read-only votes', () => {
  const both = after(...decided, from('a', done(2)), from('b', done(3)));
  expect(both.payloads).toMatchObject({ output: '{"n":5}', replies: { a: { n: 2 }, b: { n: 3 } } });
  const one = after(from('a', readOnly(7)), from('b', yes), from('b', done(3)));
  expect(one.payloads.output).toBe('{"n":10}');
  const unknown = lastOf(
    begin(),
    ...decided,
    from('a', { outcome: 'heuristic-commit' }),
    from('b', done()),
  );
  expect(unknown.next.payloads.output).toBe('null');
  expect(unknown.alarm).toContain('output: TypeError');
});
