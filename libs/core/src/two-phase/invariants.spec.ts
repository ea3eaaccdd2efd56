import {
  acknowledge,
  after,
  alone,
  asks,
  begin,
  cancel,
  deadline,
  definitionOf,
  done,
  failed,
  from,
  lastOf,
  mappings,
  no,
  onFrom,
  park,
  pendingCommands,
  resolved,
  retry,
  silence,
  skip,
  yes,
  type Happening,
} from './small-group.fixture.js';
import { IN_DOUBT_AFTER } from './group.js';
import { decisionOf, decisionOfRound, heuristicOf } from './group-state.js';
import type { TwoPhaseTransaction } from './state.js';

const committing = () => after(from('a', yes), from('b', yes));
const aborting = () => after(from('b', no));
const committed = () => onFrom(committing(), from('a', done()), from('b', done()));
const inVain = (branch: string, times: number) =>
  Array.from({ length: times }, () => from(branch, failed));
const asked = ({ state }: TwoPhaseTransaction) =>
  state.group.branches.map(({ attempt }) => attempt);
const refusal = (now: TwoPhaseTransaction, what: Happening) => lastOf(now, what).refusal;

afterEach(() => {
  mappings.areBroken = false;
});

test('T1: an ended transaction absorbs every event, and tells an operator why', () => {
  const aborted = onFrom(aborting(), from('a', done()));
  for (const ended of [committed(), aborted]) {
    for (const event of [from('a', no), silence('b'), deadline, park]) {
      expect(onFrom(ended, event)).toBe(ended);
    }
    for (const event of [retry, skip, acknowledge, resolved('a', 'abort')]) {
      expect(refusal(ended, event)).toBe(`it has ended as ${ended.status}`);
    }
  }
  expect(refusal(committed(), cancel)).toBe('it has ended as committed');
  expect(onFrom(aborted, cancel)).toBe(aborted);
});

test('T2: the decision is in the row that sends it, and nothing changes it', () => {
  const { next, effects } = lastOf(begin(), from('a', yes), from('b', yes));
  expect([decisionOf(next.state.group), effects.length]).toEqual(['commit', 2]);
  const others = [
    deadline,
    from('a', no, { direction: 'prepare' }),
    cancel,
    from('a', failed),
    park,
  ];
  for (const event of others) {
    expect(decisionOf(onFrom(committing(), event).state.group)).toBe('commit');
  }
  for (const event of [
    from('a', yes, { direction: 'prepare' }),
    from('b', yes),
    deadline,
    cancel,
  ]) {
    expect(decisionOf(onFrom(aborting(), event).state.group)).toBe('abort');
  }
  expect(refusal(committing(), cancel)).toBe('it is decided: commit');
});

test('T3: commit needs the yes of every branch in this round; no other counts', () => {
  const one = after(from('a', yes));
  const strangers = [
    ...[from('a', yes), from('c', yes), from('b', yes, { round: 2 })],
    ...[from('b', yes, { direction: 'commit' }), from('b', yes, { direction: 'action' })],
  ];
  for (const event of strangers) expect(onFrom(one, event)).toBe(one);
  expect(onFrom(one, from('b', yes)).status).toBe('committing');
  const second = after(from('a', yes), ...inVain('b', 2), from('a', done()), from('b', done()));
  expect(second.state.group.round).toBe(2);
  expect(onFrom(second, from('a', yes, { round: 1 }), from('b', yes, { round: 1 }))).toBe(second);
});

test('T4: silence is never a yes', () => {
  const one = after(from('a', yes));
  for (const event of [deadline, cancel]) {
    expect(onFrom(one, event)).toMatchObject({ status: 'aborting', state: { failure: {} } });
  }
  const silent = onFrom(one, silence('b'), silence('b'));
  expect(asks(silent)).toEqual(['abort a.1#1', 'abort b.1#1']);
  expect(decisionOf(silent.state.group)).toBeNull(); // Another round may follow.
});

test('T5: a decision is told to all that may hold something, until they acknowledge; then in doubt', () => {
  expect(asks(after(deadline))).toEqual(['abort a.1#1', 'abort b.1#1']);
  expect(asks(aborting())).toEqual(['abort a.1#1']);
  const tried = onFrom(committing(), ...inVain('a', IN_DOUBT_AFTER - 1));
  expect(tried.state.group.branches[0]?.isInDoubt).toBe(false);
  const { next, alarm } = lastOf(tried, from('a', failed));
  expect(next.state.group.branches[0]?.isInDoubt).toBe(true);
  expect(alarm).toBe('branch a is in doubt: no answer to commit after 20 tries');
  const on = onFrom(next, ...inVain('a', 100));
  expect([on.status, asked(on)]).toEqual(['committing', [121, 1]]);
  const waitMs = (on.state.group.branches[0]?.resendAt ?? 0) - 1;
  expect(waitMs).toBe(2_500); // Half of the cap, by the event's chance.
  expect(onFrom(on, from('a', done()), from('b', done())).status).toBe('committed');
});

test('T6: a single branch decides; neither deadline nor cancel nor silence aborts it', () => {
  const lone = begin(alone);
  expect(lone.state.group.isDelegated).toBe(true);
  expect(asks(lone)).toEqual(['action a.1#1']);
  expect(onFrom(lone, deadline)).toBe(lone);
  expect(refusal(lone, cancel)).toBe('its only branch, a, decides');
  const patient = onFrom(lone, ...inVain('a', 30), deadline);
  expect(patient.status).toBe('preparing');
  expect(onFrom(patient, from('a', done())).status).toBe('committed');
  expect(onFrom(patient, from('a', no)).status).toBe('aborted');
  expect(onFrom(lone, park).status).toBe('parked');
});

test('T7: all attempts share one outcome, but a failure counts only for its own attempt', () => {
  const second = after(from('a', failed));
  expect(asks(second)).toEqual(['prepare a.1#2', 'prepare b.1#1']);
  expect(onFrom(second, from('a', failed, { attempt: 1 }))).toBe(second);
  expect(onFrom(second, from('a', yes, { attempt: 1 })).state.group.branches[0]?.vote).toBe(
    'commit',
  );
  const told = onFrom(committing(), from('b', done()));
  expect(onFrom(told, from('b', { outcome: 'heuristic-abort' }))).toBe(told);
});

test('T8: a request is mapped once; every attempt, phase and round sends the same bytes', () => {
  const bodies = (now: TwoPhaseTransaction) =>
    pendingCommands(definitionOf(now), now).map(({ body }) => body);
  const first = begin();
  mappings.areBroken = true;
  const second = onFrom(
    first,
    from('a', yes),
    ...inVain('b', 2),
    from('a', done()),
    from('b', done()),
  );
  for (const now of [first, onFrom(first, from('a', failed)), second, onFrom(first, cancel)]) {
    expect(bodies(now)).toEqual(['{"n":1}', '{"n":2}']);
  }
});

test('T8: what cannot be mapped is aborted before anything is sent', () => {
  mappings.areBroken = true;
  const { next, effects } = lastOf(begin());
  expect([next.status, effects]).toEqual(['aborted', []]);
  expect(next.state.failure).toMatchObject({ step: 'a', reason: 'mapping-failed' });
});

test('T9: an answer that is none is asked for again', () => {
  for (const reply of [null, 1, {}, { outcome: 'fine' }, { outcome: 'rejected' }]) {
    expect(asks(after(from('a', reply as never)))).toEqual(['prepare a.1#2', 'prepare b.1#1']);
    expect(asks(onFrom(committing(), from('a', reply as never)))[0]).toBe('commit a.1#2');
  }
});

test('T10: an open transaction always waits for a command with a request and a time', () => {
  const open = [
    begin(),
    begin(alone),
    committing(),
    aborting(),
    after(cancel),
    after(...inVain('a', 2)),
  ];
  for (const now of open) {
    expect(['preparing', 'committing', 'aborting']).toContain(now.status);
    expect(asks(now).length).toBeGreaterThan(0);
  }
});

test('T11: another round follows trouble that may pass, after all aborts, as often as defined', () => {
  const trouble = after(from('a', yes), ...inVain('b', 2));
  expect([trouble.status, decisionOf(trouble.state.group)]).toEqual(['preparing', null]);
  expect(decisionOfRound(trouble.state.group, 1)).toBe('abort');
  const half = onFrom(trouble, from('a', done()));
  expect(half.state.group.round).toBe(1);
  const second = onFrom(half, from('b', done()));
  expect(asks(second)).toEqual(['prepare a.2#1', 'prepare b.2#1']);
  expect(second.state.group.branches[0]?.resendAt).toBe(101); // Half of 200 ms after its time, 1.
  expect(second.state.failure).toBeNull();

  const last = onFrom(second, from('a', yes), ...inVain('b', 2));
  expect(last.state.failure).toMatchObject({ step: 'b', outcome: 'failed', reason: 'unavailable' });
  expect(onFrom(last, from('a', done()), from('b', done())).status).toBe('aborted');
});

test('T11: no round follows a no, a cancel or the deadline, also while one is aborted to be tried anew', () => {
  const trouble = after(from('a', yes), ...inVain('b', 2));
  for (const end of [cancel, deadline]) {
    const final = onFrom(trouble, end);
    expect(final.status).toBe('aborting');
    expect(onFrom(final, from('a', done()), from('b', done())).status).toBe('aborted');
  }
  const late = after((now) => ({ ...from('b', failed)(now), at: 40_000 }));
  expect(onFrom(late, (now) => ({ ...from('b', failed)(now), at: 40_000 })).status).toBe(
    'aborting',
  );
});

const CONTRADICTIONS: [string, TwoPhaseTransaction, Happening, string][] = [
  ['an abort', committing(), from('a', { outcome: 'heuristic-abort' }), 'mixed'],
  ['nothing known', committing(), from('a', { outcome: 'hazard' }), 'hazard'],
  ['a commit', after(deadline), from('a', { outcome: 'heuristic-commit' }), 'mixed'],
];

test.each(CONTRADICTIONS)(
  'T12: %s against the decision parks, once the others are told',
  (_, now, what, seen) => {
    const one = onFrom(now, what);
    expect([one.status, one.state.parked]).toEqual([now.status, null]);
    const all = onFrom(one, from('b', done()));
    expect(all.state.parked).toMatchObject({ reason: 'heuristic-mixed', from: now.status });
    expect(heuristicOf(all.state.group)).toBe(seen);
    for (const word of [acknowledge, resolved('a', 'commit'), resolved('a', 'abort')]) {
      const after = onFrom(all, word);
      expect([after.status, after.state.parked?.isAcknowledged]).toEqual(['parked', true]);
      expect(onFrom(after, word)).toBe(after);
    }
    expect(refusal(all, retry)).toContain('contradicts');
  },
);

test('T12: a vote that was already carried out by a human counts, and contradicts an abort', () => {
  const voted = [from('a', { outcome: 'heuristic-commit' })];
  const agreed = after(...voted, from('b', yes), from('a', done()), from('b', done()));
  expect([agreed.status, heuristicOf(agreed.state.group)]).toEqual(['committed', 'commit']);
  const against = after(...voted, from('b', no), from('a', done()));
  expect([against.status, heuristicOf(against.state.group)]).toEqual(['parked', 'mixed']);
});

test('a branch that refuses the decision is parked in doubt: asked again, or resolved by a human', () => {
  const parked = onFrom(committing(), from('b', done()), from('a', no));
  expect(parked.state.parked).toMatchObject({ reason: 'in-doubt', detail: 'a: no' });
  expect(asks(onFrom(parked, retry))).toEqual(['commit a.1#1']);
  expect(onFrom(parked, resolved('a', 'commit')).status).toBe('committed');
  expect(onFrom(parked, resolved('a', 'abort')).state.parked?.reason).toBe('heuristic-mixed');
  expect(refusal(parked, resolved('b', 'commit'))).toBe('the outcome of branch b is known');
  expect(refusal(parked, resolved('x', 'commit'))).toBe('it has no branch x');
  expect(refusal(parked, acknowledge)).toContain('say of which "branch"');
});

test('T13: a parked transaction keeps what it waits for and moves only by an operator', () => {
  const parked = onFrom(committing(), park);
  expect(parked.state.parked).toMatchObject({ reason: 'invariant-broken', from: 'committing' });
  for (const event of [from('a', done()), silence('b'), deadline, park]) {
    expect(onFrom(parked, event)).toBe(parked);
  }
  expect(asks(onFrom(parked, retry))).toEqual(['commit a.1#1', 'commit b.1#1']);
  expect(onFrom(parked, retry).status).toBe('committing');
});

test('T13: what is undecided is aborted rather than parked with its locks held', () => {
  const { status, state } = after(park);
  expect([status, state.failure?.reason]).toEqual(['aborting', 'invariant-broken']);
});

test('when only the output is missing, retry maps it again and resolve gives it', () => {
  mappings.areBroken = true;
  const all = [from('a', yes), from('b', yes), from('a', done(2)), from('b', done(3))];
  mappings.areBroken = false;
  const now = onFrom(begin(), ...all.slice(0, 3));
  mappings.areBroken = true;
  const parked = onFrom(now, from('b', done(3)));
  expect(parked.state.parked).toMatchObject({ reason: 'mapping-failed', from: 'committing' });
  mappings.areBroken = false;
  expect(onFrom(parked, retry).payloads.output).toBe('{"n":5}');
  expect(onFrom(parked, { ...acknowledge, reply: { n: 9 } } as never).payloads.output).toBe(
    '{"n":9}',
  );
  expect(refusal(parked, skip)).toContain('no step to skip');
});
