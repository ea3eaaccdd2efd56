import { fc, test } from '@fast-check/jest';
import { PARKED_REASONS, STATUSES, type Event } from '../transaction.js';
import { pendingCommands } from './machine.js';
import { after, begin, done, exhausted, no, onFrom, park, small } from './small-saga.fixture.js';
import { decodeState, encodeState } from './state.js';
import { transition } from './transition.js';

const pivot = after(done(), done());
const places = fc.constantFrom(
  begin(),
  pivot,
  onFrom(pivot, ...exhausted),
  onFrom(pivot, done()),
  onFrom(pivot, no),
  onFrom(pivot, no, no),
  after(park),
  onFrom(pivot, done(), done()),
);

const garbage = fc.anything({ withBigInt: true, withNullPrototype: true, withObjectString: true });
const likely = (...values: unknown[]) => fc.oneof(fc.constantFrom(...values), garbage);

const reply = fc.oneof(
  garbage,
  fc.record(
    {
      outcome: likely('succeeded', 'rejected', 'failed', 'barred', 'expired', 'hazard'),
      reason: likely('no', '\u0000\ud800'),
      reply: likely({ n: 1 }, {}, null),
      detail: garbage,
      retryAfterMs: likely(0, -1, Number.NaN, Infinity),
      misconfigured: garbage,
    },
    { requiredKeys: [] },
  ),
);

const event = fc.oneof(
  garbage,
  fc.record(
    {
      type: likely(
        'reply-received',
        'timed-out',
        'deadline-passed',
        'cancel-requested',
        'retry-requested',
        'skip-requested',
        'resolve-requested',
        'park-requested',
      ),
      at: likely(1, 1e15),
      step: likely('a', 'b', 'p', 'r', 'constructor'),
      direction: likely('action', 'compensation', 'bar'),
      attempt: likely(1, 2, Number.NaN),
      entropy: likely(0, 1, -1, Number.NaN),
      outcome: likely('succeeded', 'rejected'),
      reason: likely(...PARKED_REASONS),
      detail: garbage,
      by: garbage,
      reply,
    },
    { requiredKeys: ['type', 'at'] },
  ),
) as fc.Arbitrary<Event>;

test.prop([places, fc.array(event, { maxLength: 4 })], { numRuns: 5_000 })(
  'S8: no events, however wrong, make the transition throw or leave a state that cannot be stored',
  (place, events) => {
    let now = place;
    for (const wrong of events) {
      const { next } = transition(small, now, wrong);
      expect(STATUSES).toContain(next.status);
      if (next === now) continue;
      expect(decodeState(encodeState(next.state))).toEqual(next.state);
      expect(Buffer.byteLength(encodeState(next.state))).toBeLessThan(2_048);
      const isOpen = next.status === 'running' || next.status === 'compensating';
      if (isOpen) expect(pendingCommands(small, next)).toHaveLength(1); // S9
      now = next;
    }
  },
);
