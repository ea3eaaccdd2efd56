import { fromHistory, producedBy, toHistory, toStarted, type HistoryEntry } from '../history.js';
import type { Event } from '../transaction.js';
import { start } from './machine.js';
import { payloadsFrom, replay } from './replay.js';
import {
  cancel,
  done,
  failed,
  ID,
  mappings,
  no,
  park,
  PINNED,
  replied,
  resolved,
  retryAsked,
  skip,
  small,
  timedOut,
} from './small-saga.fixture.js';
import type { SagaTransaction } from './state.js';
import { transition } from './transition.js';

type Happened = (now: SagaTransaction) => Event;

/** Plays a saga and keeps its history, as a coordinator does. */
function play(happened: readonly (Happened | 'break' | 'mend')[]) {
  const begun = start(small, { id: ID, definition: PINNED, input: { n: 1 }, at: 0 });
  let now = begun.next;
  const { deadline, status } = now;
  const data = { input: { n: 1 }, deadline };
  const history = [toStarted(data, { at: 0, version: 1, status, produced: begun.produced })];
  for (const what of happened) {
    if (typeof what === 'string') {
      mappings.areBroken = what === 'break';
      continue;
    }
    const event = what(now);
    const { next, produced } = transition(small, now, event);
    if (next !== now) history.push(toHistory(event, { ...next, produced }));
    now = next;
  }
  return { now, history };
}

const answer = (reply: typeof no) => (now: SagaTransaction) => replied(now, reply);
const always = (event: Event) => () => event;
const wrong = answer({ outcome: 'succeeded', reply: { n: 'x' } });

const STORIES: Record<string, readonly (Happened | 'break' | 'mend')[]> = {
  'all well': [answer(done()), answer(done()), answer(done()), answer(done())],
  undone: [answer(done()), answer(done()), answer(no), answer(done()), answer(done())],
  'tried again': [answer(failed), timedOut, answer(done()), answer(done())],
  'a mapping failed and was mended': [
    'break',
    answer(done(7)),
    'mend',
    always(retryAsked),
    answer(done(8)),
  ],
  'a compensation could not be mapped': [
    'break',
    answer(done(7)),
    always(cancel),
    'mend',
    always(retryAsked),
  ],
  'the output failed and was mended': [
    answer(done()),
    answer(done()),
    answer(done()),
    'break',
    answer(done(3)),
    'mend',
    always(retryAsked),
  ],
  'the output was given': [
    answer(done()),
    answer(done()),
    answer(done()),
    'break',
    answer(done(3)),
    always({ ...skip, reply: { n: 0 } } as never),
    'mend',
  ],
  'a reply broke its contract and was given by a human': [
    wrong,
    always({ ...skip, reply: { n: 5 } } as never),
    answer(done()),
  ],
  'a reply broke its contract and the saga was cancelled': [wrong, always(cancel), answer(done())],
  'an outcome was resolved': [always(park), always(resolved('succeeded', { n: 6 })), answer(no)],
  'a compensation was skipped with a reply that nobody needs': [
    answer(done()),
    answer(done()),
    answer(no),
    answer(no),
    always({ ...skip, step: 'b', reply: { n: 99 } } as never),
    answer(done()),
  ],
};

afterEach(() => {
  mappings.areBroken = false;
});

test.each(Object.entries(STORIES))('replay gives the row: %s', (_name, story) => {
  const { now, history } = play(story);
  expect(replay(small, { id: ID, definition: PINNED }, history)).toEqual(now);

  mappings.areBroken = true; // A later deploy does not change what happened.
  expect(replay(small, { id: ID, definition: PINNED }, history)).toEqual(now);
});

test.each(Object.entries(STORIES))(
  'payloads come back from the rows that carry any: %s',
  (_, story) => {
    const { now, history } = play(story);
    const carrying = history.filter(({ carriesPayload }) => carriesPayload);
    expect(payloadsFrom(small, carrying)).toEqual(now.payloads);
    expect(payloadsFrom(undefined, carrying).requests).toEqual(now.payloads.requests);
  },
);

test('only rows with payloads are said to carry some', () => {
  const { history } = play([
    answer(failed),
    answer(done()),
    answer(done()),
    answer(no),
    answer(done()),
  ]);
  expect(history.map(({ carriesPayload }) => carriesPayload)).toEqual([
    true,
    false,
    true,
    true,
    true,
    true,
  ]);
  expect(play([wrong]).history.at(-1)).toMatchObject({ status: 'parked', carriesPayload: false });
});

test('versions that moved without a transition are taken from the rows', () => {
  const { history } = play([answer(done())]);
  const claimed = history.map((entry): HistoryEntry => ({ ...entry, version: entry.version + 3 }));
  expect(replay(small, { id: ID, definition: PINNED }, claimed)).toMatchObject({
    seq: 2,
    version: 5,
  });
});

test('events survive their history row', () => {
  const now = start(small, { id: ID, definition: PINNED, input: { n: 1 }, at: 0 }).next;
  const events: Event[] = [
    { ...replied(now, done()), entropy: 0 } as Event,
    replied(now, { ...failed, retryAfterMs: 5, detail: 'd' } as never),
    timedOut(now),
    { type: 'deadline-passed', at: 7 },
    cancel,
    retryAsked,
    { ...skip, step: 'a', reply: { n: 1 } } as never,
    resolved('succeeded', { n: 1 }),
    park,
  ];
  const result = {
    seq: 2,
    version: 2,
    status: 'running',
    produced: { requests: {}, output: null },
  } as const;
  for (const event of events) expect(fromHistory(toHistory(event, result))).toEqual(event);
});

test('what a transition produced survives its history row', () => {
  const produced = {
    requests: { 'a/action': '{"n":1}' },
    output: '{}',
    replyOf: 'a',
    problem: 'p',
  };
  const result = { seq: 2, version: 2, status: 'running', produced } as const;
  expect(producedBy(toHistory(skip, result))).toEqual(produced);
  const nothing = { ...result, produced: { requests: {}, output: null } };
  expect(toHistory(skip, nothing)).toMatchObject({ produced: null, carriesPayload: false });
});

test('a history without its start is not replayed', () => {
  expect(() => replay(small, { id: ID, definition: PINNED }, [])).toThrow('begins with its start');
});
