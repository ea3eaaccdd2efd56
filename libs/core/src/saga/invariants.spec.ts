import { describe as describeSaga, identityOf } from './describe.js';
import { pendingCommands, plannedCalls } from './machine.js';
import {
  after,
  barred,
  begin,
  cancel,
  deadline,
  done,
  exhausted,
  failed,
  mappings,
  no,
  onFrom,
  park,
  replied,
  resolved,
  retryAsked,
  skip,
  small,
  timedOut,
} from './small-saga.fixture.js';
import type { SagaTransaction } from './state.js';
import { transition } from './transition.js';

const asked = (transaction: SagaTransaction) =>
  pendingCommands(small, transaction).map(
    ({ step, direction, attempt }) => `${step}/${direction}#${attempt}`,
  );
const statuses = ({ state }: SagaTransaction) => state.steps.map(({ status }) => status);
const pivot = () => after(done(), done());
const barAsked = () => onFrom(pivot(), ...exhausted);

afterEach(() => {
  mappings.areBroken = false;
});

test('S1: an ended saga absorbs every event, and tells an operator why', () => {
  const completed = onFrom(pivot(), done(), done());
  for (const event of [replied(begin(), done()), timedOut(begin()), deadline, park]) {
    expect(transition(small, completed, event).next).toBe(completed);
  }
  for (const event of [cancel, retryAsked, skip, resolved('rejected')]) {
    const { next, refusal } = transition(small, completed, event);
    expect(next).toBe(completed);
    expect(refusal).toBe('it has ended as completed');
  }
});

test('S2: steps are undone latest first: the succeeded and the unknown, not the rejected', () => {
  const back = onFrom(pivot(), no);
  expect(statuses(back)).toEqual(['succeeded', 'compensating', 'rejected', 'pending']);
  expect(asked(onFrom(back, done()))).toEqual(['a/compensation#1']);
  expect(onFrom(back, done(), done()).status).toBe('compensated');

  expect(asked(after(done(), ...exhausted))).toEqual(['b/compensation#1']);
  expect(asked(after(done(), no))).toEqual(['a/compensation#1']);
});

test('S3: once the pivot is committed to be sent, only its own no turns the saga back', () => {
  for (const late of [pivot(), barAsked(), onFrom(pivot(), done()), onFrom(pivot(), failed)]) {
    expect(transition(small, late, deadline).next).toBe(late);
    expect(transition(small, late, cancel).refusal).toContain('can only go forward');
  }
  for (const own of [no, barred]) expect(onFrom(barAsked(), own).status).toBe('compensating');
  expect(onFrom(barAsked(), ...exhausted, resolved('rejected')).status).toBe('compensating');
});

test('S3: a pivot whose request could not be mapped was not sent, so that cancel still works', () => {
  const two = after(done());
  mappings.areBroken = true;
  const unsent = onFrom(two, done());
  mappings.areBroken = false;
  expect(unsent.state.parked).toMatchObject({ reason: 'mapping-failed', from: 'running' });

  expect(asked(onFrom(unsent, retryAsked))).toEqual(['p/action#1']);
  const undone = onFrom(unsent, cancel);
  expect(statuses(undone)).toEqual(['succeeded', 'compensating', 'pending', 'pending']);
  expect(undone.state.steps[2]?.actionAttempts).toBe(0);
});

test('S3: barred is no way back for a retriable step', () => {
  const parked = onFrom(pivot(), done(), barred);
  expect(parked.state.parked).toMatchObject({ reason: 'protocol-error', from: 'running' });
});

test('S4: an unknown compensatable step is compensated, whatever made it unknown', () => {
  const timesOut = onFrom(after(done(), failed), timedOut(after(done(), failed)));
  for (const unknown of [timesOut, after(done(), cancel), after(done(), deadline)]) {
    expect(unknown.status).toBe('compensating');
    expect(asked(unknown)).toEqual(['b/compensation#1']);
  }
});

test('S4: an unknown pivot is asked by bar with the same request, and parked when that is silent', () => {
  const bar = barAsked();
  const [before] = pendingCommands(small, pivot());
  const [now] = pendingCommands(small, bar);
  expect(now).toMatchObject({ direction: 'bar', attempt: 1, body: before?.body });
  expect(bar.status).toBe('running');

  const silent = onFrom(bar, ...exhausted);
  expect(silent.state.parked?.reason).toBe('outcome-unknown');
  expect(asked(onFrom(bar, done()))).toEqual(['r/action#1']);
});

test('S4: the late answer of the action itself settles bar, its failure does not', () => {
  const bar = barAsked();
  const late = (reply: typeof no) => replied(bar, reply, { direction: 'action', attempt: 1 });
  expect(asked(onFrom(bar, late(done())))).toEqual(['r/action#1']);
  expect(onFrom(bar, late(no)).status).toBe('compensating');
  expect(onFrom(bar, late(failed))).toBe(bar);
});

test('S5: only an answer to what is pending counts', () => {
  const now = after(done());
  const elsewhere = [{ step: 'a' }, { step: 'p' }, { step: 'x' }, { direction: 'compensation' }];
  for (const other of elsewhere) {
    const event = replied(now, done(), other as { step: string });
    expect(transition(small, now, event).next).toBe(now);
  }
});

test('S5: all attempts share one outcome, but a failure counts only for its own attempt', () => {
  const second = after(failed);
  expect(asked(onFrom(second, replied(second, done(), { attempt: 1 })))).toEqual(['b/action#1']);
  expect(onFrom(second, replied(second, failed, { attempt: 1 }))).toBe(second);
  expect(onFrom(second, { ...timedOut(second), attempt: 1 } as never)).toBe(second);
});

test('S6: a request is mapped once; retries and bar send the same bytes after a deploy', () => {
  const parked = onFrom(pivot(), ...exhausted, ...exhausted);
  const { requests } = parked.payloads;
  mappings.areBroken = true;
  const retried = onFrom(parked, retryAsked);
  expect(retried.payloads.requests).toEqual(requests);
  expect(pendingCommands(small, retried)[0]?.body).toBe('{"n":2}');
});

test('S7: a command is asked as often as its policy says, then a human is needed', () => {
  const parked = onFrom(pivot(), done(), ...exhausted);
  expect(parked.state.parked?.reason).toBe('attempts-exhausted');
  const again = onFrom(parked, retryAsked);
  expect(asked(again)).toEqual(['r/action#3']);
  expect(asked(onFrom(again, failed))).toEqual(['r/action#4']); // A human's retry gives a new budget.
  expect(onFrom(again, ...exhausted).status).toBe('parked');
});

test('S7: pauses grow, are capped, start again with a retry, and respect what a participant asks', () => {
  const pause = (transaction: SagaTransaction) => (transaction.state.pending[0]?.resendAt ?? 0) - 1;
  expect(pause(after(failed))).toBe(50); // Half of 100 ms, by the event's chance.
  expect(pause(after({ ...failed, retryAfterMs: 700 } as never))).toBe(700);
  expect(pause(after({ ...failed, retryAfterMs: 1e12 } as never))).toBe(3_600_000);
  const parked = onFrom(pivot(), done(), ...exhausted);
  expect(pause(onFrom(parked, retryAsked, failed))).toBe(50);
});

test('S8: replies that are none park the saga they concern, and concern no other', () => {
  for (const reply of [null, 1, {}, { outcome: 'fine' }, { outcome: 'rejected' }]) {
    const now = begin();
    expect(onFrom(now, replied(now, reply as never)).state.parked?.reason).toBe('protocol-error');
    expect(onFrom(now, replied(now, reply as never, { step: 'b' }))).toBe(now);
  }
  const unreadable = onFrom(begin(), { outcome: 'succeeded', reply: { n: 'x' } });
  expect(unreadable.state.parked?.detail).toMatch(/^a: the reply breaks its contract: \/n: /);
});

test('S8: a mapping may throw anything', () => {
  for (const thrown of [null, Symbol('x'), Object.create(null), { toString: 1 }]) {
    const output = () => {
      throw thrown;
    };
    const parked = transition(
      { ...small, output },
      onFrom(pivot(), done()),
      replied(onFrom(pivot(), done()), done()),
    ).next;
    expect(parked.state.parked).toMatchObject({ reason: 'mapping-failed', from: 'running' });
  }
});

test('S9: an open saga always waits for a command with a request and a time', () => {
  for (const open of [begin(), pivot(), barAsked(), onFrom(pivot(), no), after(cancel)]) {
    expect(['running', 'compensating']).toContain(open.status);
    expect(asked(open)).toHaveLength(1);
    expect(open.state.pending[0]?.resendAt).toBeGreaterThan(0);
  }
});

test('S10: a parked saga keeps what it waits for and where it came from, and only a human moves it', () => {
  const back = onFrom(pivot(), no);
  for (const before of [begin(), pivot(), barAsked(), back]) {
    const parked = onFrom(before, park);
    expect(parked.state.pending).toEqual(before.state.pending);
    expect(parked.state.parked).toMatchObject({ reason: 'in-doubt', from: before.status, at: 1 });
    for (const event of [replied(parked, done()), timedOut(parked), deadline, park]) {
      expect(onFrom(parked, event)).toBe(parked);
    }
    expect(onFrom(parked, retryAsked)).toMatchObject({
      status: before.status,
      seq: parked.seq + 1,
    });
  }
});

test('S10: when only the output is missing, retry maps it again and skip gives it', () => {
  const last = onFrom(pivot(), done());
  mappings.areBroken = true;
  const parked = onFrom(last, done(9));
  expect(parked.state).toMatchObject({ pending: [], parked: { reason: 'mapping-failed' } });
  expect(transition(small, parked, resolved('succeeded')).refusal).toContain('retry or skip');
  expect(onFrom(parked, { ...skip, reply: { n: 0 } } as never).payloads.output).toBe('{"n":0}');
  expect(onFrom(parked, skip)).toMatchObject({ status: 'completed', payloads: { output: 'null' } });
  mappings.areBroken = false;
  expect(onFrom(parked, retryAsked).payloads.output).toBe('{"n":9}');
});

test('a preview lists the calls that follow, forward or back', () => {
  const calls = (transaction: SagaTransaction) =>
    plannedCalls(small, transaction).map(({ step, direction }) => `${step}/${direction}`);
  expect(calls(after(done()))).toEqual(['b/action', 'p/action', 'r/action']);
  expect(calls(barAsked())).toEqual(['p/bar', 'r/action']);
  expect(calls(onFrom(pivot(), no))).toEqual(['b/compensation', 'a/compensation']);
  expect(calls(onFrom(pivot(), no, no))).toEqual(['b/compensation', 'a/compensation']);
});

test('a definition is data; its identity does not know of its tuning', () => {
  const tuned = { ...small, deadlineMs: 1 };
  expect(describeSaga(small).steps[0]).toEqual({
    name: 'a',
    kind: 'compensatable',
    action: 'worker.do',
    compensation: 'worker.undo',
    timeoutMs: 10_000,
    maxAttempts: 2,
  });
  expect(identityOf(tuned)).toBe(identityOf(small));
  expect(identityOf({ ...small, steps: small.steps.slice(1) })).not.toBe(identityOf(small));
});
