import { describe as describeSaga, identityOf } from './describe.js';
import { deadlineOf, dueAt, inquire, participantsOf, plannedCalls, waitsFor } from './machine.js';
import {
  acknowledge,
  after,
  asks,
  begin,
  cancel,
  deadline,
  done,
  failed,
  from,
  lastOf,
  mappings,
  mixed,
  no,
  onFrom,
  park,
  paying,
  readOnly,
  resolved,
  retryAsked,
  silence,
  skip,
  statuses,
  taken,
  taking,
  yes,
} from './small-atomic.fixture.js';

afterEach(() => {
  mappings.areBroken = false;
});

test('S11: the branches of an atomic step are asked at once, and told one decision', () => {
  expect(asks(after(...taking))).toEqual(['prepare x.1#1', 'prepare y.1#1']);
  expect(asks(after(...taking, from('x', yes)))).toEqual(['prepare y.1#1']);

  const decided = lastOf(after(...taking), from('x', yes), from('y', yes));
  expect(asks(decided.next)).toEqual(['commit x.1#1', 'commit y.1#1']);
  expect(decided.effects).toHaveLength(2);
  expect(statuses(decided.next)).toBe('succeeded running pending pending');
});

test('S11: the saga goes on only when every branch has acknowledged, with the replies of all', () => {
  const one = after(...taking, from('x', yes), from('y', yes), from('x', done(4)));
  expect(asks(one)).toEqual(['commit y.1#1']);

  const next = onFrom(one, from('y', done(5)));
  expect(asks(next)).toEqual(['prepare v.1#1', 'prepare w.1#1']);
  expect(next.payloads.replies).toEqual({ a: { n: 1 }, x: { n: 4 }, y: { n: 5 } });
  expect(next.payloads.requests).toMatchObject({ 'v/prepare': '{"n":4}', 'w/prepare': '{"n":5}' });

  const end = onFrom(
    after(...paying),
    ...[from('v', done(6)), from('w', done(7)), from('r', done(8))],
  );
  expect(end).toMatchObject({ status: 'completed', payloads: { output: '{"n":15}' } });
});

test('S11: only what a branch is asked now counts, and of a failure only the attempt under way', () => {
  const now = after(...taking, from('x', failed));
  const strange = [
    from('v', yes),
    from('z', yes),
    from('y', yes, { step: 'y.2' }),
    from('y', yes, { step: 'take.y.1' }),
    from('y', done(), { direction: 'commit' }),
    from('y', done(), { direction: 'action', step: 'y' }),
    from('x', failed, { attempt: 1 }),
  ];
  for (const event of strange) expect(onFrom(now, event)).toBe(now);
  expect(asks(onFrom(now, from('x', yes, { attempt: 1 })))).toEqual(['prepare y.1#1']);
});

test('S11: commit is told until it is acknowledged, and is in doubt after many tries', () => {
  let now = onFrom(after(...paying), from('w', done(1)));
  for (let tries = 1; tries < 20; tries++) now = onFrom(now, silence('v'));
  const { next, alarm } = lastOf(now, silence('v'));
  expect(alarm).toContain('branch v is in doubt');
  expect(next.status).toBe('running');
  expect(asks(next)).toEqual(['commit v.1#21']);
  expect(onFrom(next, from('v', done(2))).state.groups[1]?.group.phase).toBe('committed');
});

test('S11: a contradiction parks the saga, and no word of a human makes it a success', () => {
  const mixedUp = onFrom(
    after(...paying),
    from('v', { outcome: 'heuristic-abort' }),
    from('w', done()),
  );
  expect(mixedUp.state.parked).toMatchObject({ reason: 'heuristic-mixed', from: 'running' });
  for (const order of [retryAsked, skip, cancel, resolved('w', 'commit')]) {
    expect(lastOf(mixedUp, order).refusal).toBeDefined();
  }
  const seen = onFrom(mixedUp, acknowledge);
  expect(seen).toMatchObject({ status: 'parked', state: { parked: { isAcknowledged: true } } });
  expect(onFrom(seen, resolved('v', 'commit'))).toBe(seen);
});

test('S11: what a branch refuses to finish waits for a human, who may say what became of it', () => {
  const stopped = onFrom(after(...paying), from('v', no), from('w', done()));
  expect(stopped.state.parked).toMatchObject({ reason: 'in-doubt', detail: 'v: no' });
  expect(asks(onFrom(stopped, retryAsked))).toEqual(['commit v.1#1']);
  expect(lastOf(stopped, acknowledge).refusal).toContain('say of which "branch"');
  const settled = onFrom(stopped, resolved('v', 'commit'));
  expect(settled.state.parked).toMatchObject({ reason: 'mapping-failed' }); // r needs the reply of v.
});

test('S12: a no of a branch is the rejection of the step, and names branch and reason', () => {
  const now = after(...taken, from('v', yes), from('w', no));
  expect(now.status).toBe('compensating');
  expect(asks(now)).toEqual(['abort v.1#1']);
  expect(now.state.failure).toEqual({
    ...{ step: 'w', participant: 'bank', operation: 'book' },
    ...{ outcome: 'rejected', reason: 'no', detail: 'never' },
  });
  const told = onFrom(now, from('v', done()));
  expect(statuses(told)).toBe('succeeded compensating rejected pending');
});

test('S12: until the decision a cancel, a deadline and the shell abort; then nothing does', () => {
  const open = after(...taken, from('v', yes));
  const due = deadlineOf(mixed, open);
  expect(due).toBe(30_001);
  expect(onFrom(open, deadline(due - 1))).toBe(open);
  const reasons = [cancel, deadline(due), deadline(), park].map((event) => {
    const back = onFrom(open, event);
    expect(asks(back)).toEqual(['abort v.1#1', 'abort w.1#1']);
    expect(onFrom(back, cancel, deadline())).toBe(back);
    return back.state.failure?.outcome;
  });
  expect(reasons).toEqual(['cancelled', 'deadline-passed', 'deadline-passed', 'failed']);

  const past = after(...paying);
  expect(lastOf(past, cancel).refusal).toContain('can only go forward');
  expect(onFrom(past, deadline())).toBe(past);
  expect(deadlineOf(mixed, past)).toBe(Infinity);
});

test('S12: what can be undone and is being committed is undone as soon as it is', () => {
  const committing = after(...taking, from('x', yes), from('y', yes));
  for (const event of [cancel, deadline()]) {
    const back = onFrom(committing, event);
    expect(back.status).toBe('compensating');
    expect(asks(back)).toEqual(['commit x.1#1', 'commit y.1#1']);
    const undone = onFrom(back, from('x', done(4)), from('y', done(5)));
    expect(asks(undone)).toEqual(['compensation y.1#1']);
  }
  expect(onFrom(committing, deadline(30_001))).toBe(committing); // It was the group's, which is decided.
});

test('S12: trouble that may pass is tried again in another round, then it is the step that failed', () => {
  const silent = [silence('x'), silence('x')];
  const aborting = after(...taking, ...silent);
  expect([aborting.status, asks(aborting)]).toEqual(['running', ['abort x.1#1', 'abort y.1#1']]);
  const second = onFrom(aborting, from('x', done()), from('y', done()));
  expect(asks(second)).toEqual(['prepare x.2#1', 'prepare y.2#1']);
  const over = onFrom(second, ...silent, from('x', done()), from('y', done()));
  expect(asks(over)).toEqual(['compensation a#1']);
  expect(over.state.failure).toMatchObject({ step: 'x', outcome: 'failed', reason: 'timeout' });
});

test('S13: an atomic step is undone branch by branch, last first, by what each one replied', () => {
  const back = after(...taken, cancel, from('v', done()), from('w', done()));
  expect(asks(back)).toEqual(['compensation y.1#1']);
  expect(back.payloads.requests['y/compensation']).toBe('{"n":5}');
  const next = onFrom(back, from('y', failed), from('y', done()));
  expect(asks(next)).toEqual(['compensation x.1#1']);
  const end = onFrom(next, from('x', done()), from('a', done()));
  expect(end.status).toBe('compensated');
  expect(statuses(end)).toBe('compensated compensated rejected pending');
});

test('S13: a branch that voted read-only is not undone; one that a human left keeps its step skipped', () => {
  const readers = after(...taking, from('x', yes), from('y', readOnly(5)), from('x', done(4)));
  const back = onFrom(readers, cancel, from('v', done()), from('w', done()));
  expect(asks(back)).toEqual(['compensation x.1#1']);

  const stuck = onFrom(
    after(...taken, cancel, from('v', done()), from('w', done())),
    ...[silence('y'), silence('y')],
  );
  expect(stuck.state.parked?.detail).toContain('y.1: timeout after 2 attempts');
  const end = onFrom(stuck, skip, from('x', done()), from('a', done()));
  expect(statuses(end)).toBe('compensated skipped rejected pending');
});

test('S10: a group that could not be mapped was not sent: it is begun again, left out, or never was', () => {
  const before = begin();
  mappings.areBroken = true;
  const unsent = onFrom(before, ...taking);
  mappings.areBroken = false;
  expect(unsent.state.parked).toMatchObject({ reason: 'mapping-failed', from: 'running' });
  expect(asks(onFrom(unsent, retryAsked))).toEqual(['prepare x.1#1', 'prepare y.1#1']);
  expect(statuses(onFrom(unsent, skip))).toBe('succeeded skipped running pending');
  expect(statuses(onFrom(unsent, cancel))).toBe('compensating pending pending pending');
});

test('S9: whatever an atomic step waits for has a time, and retry asks it at once', () => {
  const waiting = after(...taking, from('x', yes), silence('y'));
  expect(dueAt(waiting)).toBe(51);
  expect(asks(waiting)).toEqual(['prepare y.1#2']);
  expect(lastOf(waiting, retryAsked).effects).toMatchObject([{ step: 'y.1', attempt: 2 }]);
  expect(waitsFor(mixed, waiting)).toBe('y.1');
  expect(lastOf(waiting, acknowledge).refusal).toBeDefined();
  expect(lastOf(waiting, resolved('y', 'commit')).refusal).toContain('nothing is decided yet');
});

test('a participant is told what was decided over its branch, of each round', () => {
  const asked = (now: ReturnType<typeof begin>, step: string, saga?: typeof mixed) =>
    inquire(saga, now, step).decision;
  const open = after(...taking);
  expect(inquire(mixed, open, 'x.1')).toEqual({ decision: 'undecided', abortFrom: 30_001 });
  expect(asked(after(...taken), 'x.1', mixed)).toBe('commit');
  expect(asked(onFrom(open, cancel), 'y.1', mixed)).toBe('abort');
  for (const unknown of ['a', 'v.1', 'z.1', 'take.x.1']) {
    expect(asked(open, unknown, mixed)).toBe('unknown');
  }
  expect(asked(begin(), 'x.1', mixed)).toBe('unknown');
  // Without the definition one group can be told from nothing else, and of two nobody knows.
  expect(asked(onFrom(open, cancel), 'x.1')).toBe('abort');
  expect(inquire(undefined, after(...taken), 'x.1')).toMatchObject({
    ...{ decision: 'undecided', abortFrom: Infinity },
  });
});

test('a preview lists the calls of branches, forward or back', () => {
  const calls = (now: ReturnType<typeof begin>) =>
    plannedCalls(mixed, now).map(({ step, direction }) => `${direction} ${step}`);
  const pay = ['prepare v.1', 'prepare w.1', 'commit v.1', 'commit w.1'];
  expect(calls(after(...taking, from('x', yes), from('y', yes)))).toEqual([
    ...['commit x.1', 'commit y.1', ...pay, 'action r'],
  ]);
  expect(calls(after(...taken, cancel))).toEqual([
    ...['abort v.1', 'abort w.1', 'compensation y.1', 'compensation x.1', 'compensation a'],
  ]);
});

test('its data says what its branches are, and so does its identity', () => {
  const [, take, pay] = describeSaga(mixed).steps;
  expect(take).toMatchObject({
    ...{ kind: 'compensatable', action: null, compensation: null },
    branches: [
      { name: 'x', operation: 'worker.do', compensation: 'worker.undo' },
      { name: 'y', operation: 'bank.book', compensation: 'bank.unbook' },
    ],
  });
  expect(pay).toMatchObject({ kind: 'pivot', timeoutMs: 30_000, maxAttempts: 2 });
  expect(new Set(participantsOf(mixed))).toEqual(new Set(['worker', 'bank']));
  const [a, , ...rest] = mixed.steps;
  expect(identityOf({ ...mixed, steps: a ? [a, ...rest] : [] })).not.toBe(identityOf(mixed));
});
