import { fc, test } from '@fast-check/jest';
import { toHistory, toStarted, type HistoryEntry } from '../history.js';
import { STATUSES, type Event } from '../transaction.js';
import { pendingCommands, start } from './machine.js';
import { payloadsFrom, replay } from './replay.js';
import {
  after,
  done,
  failed,
  from,
  ID,
  mappings,
  mixed,
  no,
  park,
  paying,
  PINNED,
  taken,
  taking,
  yes,
} from './small-atomic.fixture.js';
import { decodeState, encodeState } from './state.js';
import { transition } from './transition.js';

const places = fc.constantFrom(
  after(...taking),
  after(...taking, from('x', failed)),
  after(...taking, from('x', yes), from('y', yes)),
  after(...taken),
  after(...taken, from('v', yes), from('w', no)),
  after(...paying),
  after(...paying, from('v', { outcome: 'heuristic-abort' }), from('w', done())),
  after(...taken, from('v', no), from('w', done())),
  after(...taken, from('v', no), from('w', done()), park),
);

const garbage = fc.anything({ withBigInt: true, withNullPrototype: true, withObjectString: true });
const likely = (...values: unknown[]) => fc.oneof(fc.constantFrom(...values), garbage);

const reply = fc.oneof(
  garbage,
  fc.record(
    {
      outcome: likely(
        ...['succeeded', 'rejected', 'failed', 'barred', 'expired', 'hazard'],
        ...['heuristic-commit', 'heuristic-abort'],
      ),
      vote: likely('commit', 'read-only', undefined),
      reason: likely('no', '\u0000\ud800'),
      reply: likely({ n: 1 }, {}, null),
      retryAfterMs: likely(0, Number.NaN),
    },
    { requiredKeys: [] },
  ),
);

const event = fc.oneof(
  garbage,
  fc.record(
    {
      type: likely(
        ...['vote-received', 'decision-acknowledged', 'reply-received', 'timed-out'],
        ...['deadline-passed', 'cancel-requested', 'retry-requested', 'skip-requested'],
        ...['resolve-requested', 'park-requested'],
      ),
      at: likely(1, 60_000, 1e15),
      step: likely('x.1', 'y.1', 'x.2', 'v.1', 'w.1', 'a', 'take', 'constructor'),
      direction: likely('prepare', 'commit', 'abort', 'compensation', 'action'),
      attempt: likely(1, 2, Number.NaN),
      entropy: likely(0, 1, Number.NaN),
      branch: likely('x', 'v', 'z', undefined),
      heuristic: likely('commit', 'abort'),
      outcome: likely('succeeded', 'rejected'),
      reason: likely('no', 'in-doubt'),
      by: garbage,
      reply,
    },
    { requiredKeys: ['type', 'at'] },
  ),
) as fc.Arbitrary<Event>;

test.prop([places, fc.array(event, { maxLength: 4 })], { numRuns: 1_000 })(
  'S8: no events make a saga with atomic steps throw, wait for nothing, or outgrow its row',
  (place, events) => {
    let now = place;
    for (const wrong of events) {
      const { next } = transition(mixed, now, wrong);
      expect(STATUSES).toContain(next.status);
      if (next === now) continue;
      const text = encodeState(next.state);
      expect(decodeState(text)).toEqual(next.state);
      expect(Buffer.byteLength(text)).toBeLessThan(2_048);
      const isOpen = next.status === 'running' || next.status === 'compensating';
      if (isOpen) expect(pendingCommands(mixed, next).length).toBeGreaterThan(0); // S9
      now = next;
    }
  },
);

const names = ['a', 'x', 'y', 'v', 'w', 'r'] as const;
const answers = fc.constantFrom(
  ...[yes, yes, yes, done(), done(), no, failed],
  ...([{ outcome: 'heuristic-abort' }, { ...done(3), vote: 'read-only' }] as const),
);
const orders = fc.constantFrom(
  ...([
    { type: 'cancel-requested', at: 1, by: 'b', reason: 'r' },
    { type: 'retry-requested', at: 1, by: 'b', reason: 'r' },
    { type: 'skip-requested', at: 1, by: 'b', reason: 'r' },
    { type: 'resolve-requested', at: 1, by: 'b', reason: 'r', branch: 'v', heuristic: 'commit' },
    { type: 'deadline-passed', at: 60_000 },
  ] as const satisfies readonly Event[]),
);
const happened = fc.oneof(
  { weight: 6, arbitrary: fc.record({ name: fc.constantFrom(...names), reply: answers }) },
  { weight: 1, arbitrary: orders },
);

test.prop([fc.array(happened, { minLength: 4, maxLength: 40 })], { numRuns: 150 })(
  'a replay of the history of a saga with atomic steps gives its row and its payloads',
  (story) => {
    const begun = start(mixed, { id: ID, definition: PINNED, input: { n: 1 }, at: 0 });
    let now = begun.next;
    const { deadline, status } = now;
    const first = { at: 0, version: 1, status, produced: begun.produced };
    const history: HistoryEntry[] = [toStarted({ input: { n: 1 }, deadline }, first)];
    for (const what of story) {
      const event = 'name' in what ? from(what.name, what.reply)(now) : what;
      const { next, produced } = transition(mixed, now, event);
      if (next !== now) history.push(toHistory(event, { ...next, produced }));
      now = next;
    }
    mappings.areBroken = true; // A later deploy does not change what happened.
    try {
      expect(replay(mixed, { id: ID, definition: PINNED }, history)).toEqual(now);
    } finally {
      mappings.areBroken = false;
    }
    const carrying = history.filter(({ carriesPayload }) => carriesPayload);
    expect(payloadsFrom(mixed, carrying)).toEqual(now.payloads);
  },
);
