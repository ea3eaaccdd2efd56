import { z } from 'zod';
import { participant } from '../contract/participant.js';
import type { Event } from '../transaction.js';
import type { Reply } from '../wire/reply.js';
import { saga } from './define.js';
import { pendingCommands, start } from './machine.js';
import { ID, PINNED } from './small-saga.fixture.js';
import type { SagaTransaction } from './state.js';
import { transition } from './transition.js';

const Nothing = z.object({});
const card = participant('card', {
  hold: { request: Nothing, reply: Nothing, rest: { method: 'PUT', path: '/holds' } },
  free: { request: Nothing, reply: Nothing, rest: { method: 'DELETE', path: '/holds' } },
  charge: { request: Nothing, reply: Nothing, rest: { method: 'POST', path: '/charges' } },
});
const retry = { maxAttempts: 2 };

/** A service of somebody else's, over plain REST: it has no barrier. */
const foreign = saga('foreign', { version: 1, input: Nothing })
  .compensatable('hold', {
    action: [card.hold, () => ({})],
    compensation: [card.free, () => ({})],
    retry,
  })
  .pivot('charge', { action: [card.charge, () => ({})], retry })
  .build();

const done: Reply = { outcome: 'succeeded', reply: {} };
const failed: Reply = { outcome: 'failed', reason: 'http-503' };
const no: Reply = { outcome: 'rejected', reason: 'http-409' };

function after(...replies: readonly Reply[]): SagaTransaction {
  const begun = start(foreign, { id: ID, definition: PINNED, input: {}, at: 0 }).next;
  return replies.reduce((now, reply) => answered(now, reply), begun);
}

function answered(now: SagaTransaction, reply: Reply, more: Partial<Event> = {}): SagaTransaction {
  const [{ step, direction, attempt } = { step: '', direction: 'action' as const, attempt: 0 }] =
    pendingCommands(foreign, now);
  const event: Event = {
    type: 'reply-received',
    at: 1,
    entropy: 0,
    step,
    direction,
    attempt,
    reply,
    ...(more as object),
  };
  return transition(foreign, now, event).next;
}

test('a first no of a service without a barrier is final', () => {
  expect(after(no).status).toBe('compensated');
  expect(after(done, no).state.failure).toMatchObject({ step: 'charge', reason: 'http-409' });
});

test('S4: a no after an attempt without an answer proves nothing: the step is compensated too', () => {
  const back = after(failed, no);
  expect(back.status).toBe('compensating');
  expect(back.state.steps[0]?.status).toBe('compensating');
  expect(answered(back, done).status).toBe('compensated');
});

test('S4: so does a no to a command that was sent again, uncounted, after a recovery', () => {
  const wasAskedBefore = { wasAskedBefore: true };
  expect(answered(after(), no, wasAskedBefore).status).toBe('compensating');
  expect(answered(after(done), no, wasAskedBefore).status).toBe('parked');
});

test('S4: a pivot without a barrier is not asked by bar: it parks when its outcome is unknown', () => {
  for (const replies of [
    [done, failed, failed],
    [done, failed, no],
  ]) {
    const parked = after(...replies);
    expect(parked.state.parked).toMatchObject({ reason: 'outcome-unknown', from: 'running' });
    expect(pendingCommands(foreign, parked)[0]?.direction).toBe('action');
  }
});

test('an answer that says the call is wrong parks at once and is no business no', () => {
  const parked = after({ outcome: 'failed', reason: 'http-401', misconfigured: true });
  expect(parked.state.parked).toMatchObject({ reason: 'protocol-error', detail: 'http-401' });
});
