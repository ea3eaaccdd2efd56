import { toHistory, toStarted, type HistoryEntry } from '../history.js';
import { twoPhaseMachine } from './machine.js';
import {
  alone,
  begin,
  cancel,
  deadline,
  definitionOf,
  done,
  failed,
  from,
  ID,
  mappings,
  no,
  pair,
  park,
  PINNED,
  readOnly,
  resolved,
  retry,
  silence,
  yes,
  type Happening,
} from './small-group.fixture.js';
import type { TwoPhaseTransaction } from './state.js';

const { start, transition, replay, payloadsFrom } = twoPhaseMachine;

/** Runs the events and keeps what a store would keep. */
function recorded(definition: typeof pair, happened: readonly Happening[]) {
  const request = { id: ID, definition: PINNED, input: { n: 1 }, at: 0 };
  const { next, produced } = start(definition, request);
  let now: TwoPhaseTransaction = next;
  const data = { input: { n: 1 }, deadline: next.deadline };
  const { version, status } = next;
  const entries: HistoryEntry[] = [toStarted(data, { at: 0, version, status, produced })];
  for (const what of happened) {
    const event = typeof what === 'function' ? what(now) : what;
    const result = transition(definition, now, event);
    if (result.next === now) continue;
    entries.push(toHistory(event, { ...result.next, produced: result.produced }));
    now = result.next;
  }
  return { now, entries };
}

afterEach(() => {
  mappings.areBroken = false;
});

const decided = [from('a', yes), from('b', yes)];
const STORIES: [string, Happening[]][] = [
  ['commits', [...decided, from('a', done(2)), from('b', done(3))]],
  ['aborts', [from('a', yes), from('b', no), from('a', done())]],
  ['is cancelled', [cancel, from('a', done()), from('b', done())]],
  ['runs out of time', [from('a', yes), deadline, from('a', failed), from('a', done())]],
  ['reads only', [from('a', readOnly()), from('b', readOnly(2))]],
  [
    'needs two rounds',
    [from('b', failed), silence('b'), from('a', done()), from('b', done()), ...decided],
  ],
  ['contradicts', [...decided, from('a', { outcome: 'hazard' }), from('b', done(2))]],
  [
    'is resolved',
    [...decided, from('a', no), from('b', done(2)), retry, from('a', no), resolved('a', 'commit')],
  ],
  ['is parked and goes on', [...decided, park, retry, from('a', done()), from('b', done())]],
];

test.each(STORIES)(
  'replaying one that %s gives its row, whatever mappings say by then',
  (_, happened) => {
    const { now, entries } = recorded(pair, happened);
    const stored = JSON.parse(JSON.stringify(entries)) as HistoryEntry[];
    mappings.areBroken = true;
    expect(replay(pair, { id: ID, definition: PINNED }, stored)).toEqual(now);
    const carrying = stored.filter(({ carriesPayload }) => carriesPayload);
    expect(payloadsFrom(pair, carrying)).toEqual(now.payloads);
  },
);

test('one whose output could not be mapped, and one that could not be begun, replay the same', () => {
  const happened = [
    ...decided,
    from('a', done(2)),
    (now: TwoPhaseTransaction) => {
      mappings.areBroken = true;
      return from('b', done(3))(now);
    },
  ];
  const { now, entries } = recorded(pair, happened);
  expect(now.status).toBe('parked');
  const unbegun = recorded(pair, []);
  expect(unbegun.now.status).toBe('aborted');
  mappings.areBroken = false;
  const begun = { id: ID, definition: PINNED };
  expect(replay(pair, begun, entries)).toEqual(now);
  expect(replay(pair, begun, unbegun.entries)).toEqual(unbegun.now);
});

test('a delegated reply is restored under the name of its branch', () => {
  const { now, entries } = recorded(alone, [from('a', done(9))]);
  expect(now.payloads.replies).toEqual({ a: { n: 9 } });
  expect(payloadsFrom(alone, entries)).toEqual(now.payloads);
  expect(definitionOf(begin(alone))).toBe(alone);
});
