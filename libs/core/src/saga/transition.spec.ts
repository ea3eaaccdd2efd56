import type { Event } from '../transaction.js';
import { pendingCommands } from './machine.js';
import {
  after,
  barred,
  begin,
  cancel,
  deadline,
  done,
  exhausted,
  failed,
  no,
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

type EventOf = (transaction: SagaTransaction) => Event;

const EVENTS = {
  succeeded: (t) => replied(t, done()),
  rejected: (t) => replied(t, no),
  failed: (t) => replied(t, failed),
  misconfigured: (t) => replied(t, { ...failed, misconfigured: true } as never),
  barred: (t) => replied(t, barred),
  expired: (t) => replied(t, { outcome: 'expired' }),
  hazard: (t) => replied(t, { outcome: 'hazard' }),
  'timed-out': timedOut,
  deadline: () => deadline,
  cancel: () => cancel,
  retry: () => retryAsked,
  skip: () => skip,
  'resolve yes': () => resolved('succeeded', { n: 1 }),
  'resolve no': () => resolved('rejected'),
  park: () => park,
} satisfies Record<string, EventOf>;

type EventName = keyof typeof EVENTS;

/** Every place a saga can be at, by what it waits for. */
const STATES = {
  a: begin(),
  b: after(done()),
  'b again': after(done(), failed),
  pivot: after(done(), done()),
  bar: after(done(), done(), ...exhausted),
  retriable: after(done(), done(), done()),
  'undo b': after(done(), done(), no),
  'undo b again': after(done(), done(), no, failed),
  'undo a': after(done(), no),
  'parked b': after(done(), park),
  'parked bar': after(done(), done(), ...exhausted, ...exhausted),
  'parked retriable': after(done(), done(), done(), no),
  'parked undo': after(done(), no, no),
  completed: after(done(), done(), done(), done()),
  compensated: after(no),
};

/** `status` and what is asked next, as `step/direction#attempt`; `=` when absorbed, `!` when refused. */
function told(transaction: SagaTransaction, event: Event): string {
  const { next, refusal } = transition(small, transaction, event);
  if (next === transaction) return refusal === undefined ? '=' : '!';
  const { status, state } = next;
  if (status === 'parked') return `parked ${state.parked?.reason ?? ''}`;
  const [command] = pendingCommands(small, next);
  return command ? `${command.step}/${command.direction}#${command.attempt}` : status;
}

const ORDER = Object.keys(EVENTS) as EventName[];

const ended = '= = = = = = = = = ! ! ! ! ! =';
const parkedRow = (...byOperator: string[]) => [...Array<string>(9).fill('='), ...byOperator, '='];

// In the order of EVENTS: one cell for each state and event.
const TABLE: Record<keyof typeof STATES, readonly string[]> = {
  a: [
    'b/action#1',
    'compensated',
    'a/action#2',
    'parked protocol-error',
    'compensated',
    'parked barrier-expired',
    'parked protocol-error',
    'a/action#2',
    'a/compensation#1',
    'a/compensation#1',
    'a/action#1',
    '!',
    '!',
    '!',
    'parked in-doubt',
  ],
  b: [
    'p/action#1',
    'a/compensation#1',
    'b/action#2',
    'parked protocol-error',
    'a/compensation#1',
    'parked barrier-expired',
    'parked protocol-error',
    'b/action#2',
    'b/compensation#1',
    'b/compensation#1',
    'b/action#1',
    '!',
    '!',
    '!',
    'parked in-doubt',
  ],
  'b again': [
    'p/action#1',
    'a/compensation#1',
    'b/compensation#1',
    'parked protocol-error',
    'a/compensation#1',
    'parked barrier-expired',
    'parked protocol-error',
    'b/compensation#1',
    'b/compensation#1',
    'b/compensation#1',
    'b/action#2',
    '!',
    '!',
    '!',
    'parked in-doubt',
  ],
  pivot: [
    'r/action#1',
    'b/compensation#1',
    'p/action#2',
    'parked protocol-error',
    'b/compensation#1',
    'parked barrier-expired',
    'parked protocol-error',
    'p/action#2',
    '=',
    '!',
    'p/action#1',
    '!',
    '!',
    '!',
    'parked in-doubt',
  ],
  bar: [
    'r/action#1',
    'b/compensation#1',
    'p/bar#2',
    'parked protocol-error',
    'b/compensation#1',
    'parked barrier-expired',
    'parked protocol-error',
    'p/bar#2',
    '=',
    '!',
    'p/bar#1',
    '!',
    '!',
    '!',
    'parked in-doubt',
  ],
  retriable: [
    'completed',
    'parked retriable-rejected',
    'r/action#2',
    'parked protocol-error',
    'parked protocol-error',
    'parked barrier-expired',
    'parked protocol-error',
    'r/action#2',
    '=',
    '!',
    'r/action#1',
    '!',
    '!',
    '!',
    'parked in-doubt',
  ],
  'undo b': [
    'a/compensation#1',
    'parked compensation-rejected',
    'b/compensation#2',
    'parked protocol-error',
    'parked protocol-error',
    'parked barrier-expired',
    'parked protocol-error',
    'b/compensation#2',
    '=',
    '=',
    'b/compensation#1',
    '!',
    '!',
    '!',
    'parked in-doubt',
  ],
  'undo b again': [
    'a/compensation#1',
    'parked compensation-rejected',
    'parked attempts-exhausted',
    'parked protocol-error',
    'parked protocol-error',
    'parked barrier-expired',
    'parked protocol-error',
    'parked attempts-exhausted',
    '=',
    '=',
    'b/compensation#2',
    '!',
    '!',
    '!',
    'parked in-doubt',
  ],
  'undo a': [
    'compensated',
    'parked compensation-rejected',
    'a/compensation#2',
    'parked protocol-error',
    'parked protocol-error',
    'parked barrier-expired',
    'parked protocol-error',
    'a/compensation#2',
    '=',
    '=',
    'a/compensation#1',
    '!',
    '!',
    '!',
    'parked in-doubt',
  ],
  'parked b': parkedRow(
    'b/compensation#1',
    'b/action#2',
    'parked mapping-failed',
    'p/action#1',
    'a/compensation#1',
  ),
  'parked bar': parkedRow(
    '!',
    'p/bar#3',
    'parked mapping-failed',
    'r/action#1',
    'b/compensation#1',
  ),
  'parked retriable': parkedRow('!', 'r/action#2', 'parked mapping-failed', 'completed', '!'),
  'parked undo': parkedRow('!', 'a/compensation#2', 'compensated', 'compensated', '!'),
  completed: ended.split(' '),
  compensated: ended.replace('!', '=').split(' '),
};

const CELLS = Object.entries(TABLE).flatMap(([state, row]) =>
  ORDER.map((event, index) => ({ state, event, expected: row[index] })),
) as { state: keyof typeof STATES; event: EventName; expected: string }[];

test.each(CELLS)('$state, $event: $expected', ({ state, event, expected }) => {
  expect(told(STATES[state], EVENTS[event](STATES[state]))).toBe(expected);
});

test('the table is complete', () => {
  expect(CELLS).toHaveLength(Object.keys(STATES).length * ORDER.length);
  expect(CELLS.every(({ expected }) => typeof expected === 'string')).toBe(true);
});
