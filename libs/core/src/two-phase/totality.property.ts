import { fc, test } from '@fast-check/jest';
import { PARKED_REASONS, STATUSES, statusesOf, type Event } from '../transaction.js';
import { decisionOf, decisionOfRound } from './group-state.js';
import { twoPhaseMachine } from './machine.js';
import {
  after,
  alone,
  begin,
  deadline,
  definitionOf,
  done,
  failed,
  from,
  no,
  onFrom,
  park,
  yes,
} from './small-group.fixture.js';

const { transition, encodeState, decodeState, pendingCommands } = twoPhaseMachine;
const committing = after(from('a', yes), from('b', yes));
const places = fc.constantFrom(
  begin(),
  begin(alone),
  after(from('a', yes)),
  committing,
  after(from('b', no)),
  after(deadline),
  after(from('a', yes), from('b', failed), from('b', failed)),
  onFrom(begin(alone), park),
  onFrom(committing, from('a', { outcome: 'hazard' })),
  onFrom(committing, from('a', { outcome: 'hazard' }), from('b', done())),
  onFrom(committing, from('a', no), from('b', done())),
  onFrom(committing, from('a', done()), from('b', done())),
);

const garbage = fc.anything({ withBigInt: true, withNullPrototype: true, withObjectString: true });
const likely = (...values: unknown[]) => fc.oneof(fc.constantFrom(...values), garbage);
const sometimes = (...values: unknown[]) =>
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...values) }, garbage);

const OUTCOMES = [
  ...['succeeded', 'rejected', 'failed', 'barred', 'expired', 'hazard'],
  ...['heuristic-commit', 'heuristic-abort'],
];

const reply = fc.oneof(
  garbage,
  fc.record(
    {
      outcome: sometimes(...OUTCOMES),
      reason: sometimes('no', '\u0000\ud800'),
      vote: sometimes('commit', 'read-only'),
      reply: likely({ n: 1 }, {}, null),
      detail: garbage,
      retryAfterMs: likely(0, -1, Number.NaN, Infinity),
      misconfigured: garbage,
    },
    { requiredKeys: ['outcome', 'reason'] },
  ),
);

const event = fc.oneof(
  garbage,
  fc.record(
    {
      type: sometimes(
        ...['vote-received', 'decision-acknowledged', 'reply-received', 'timed-out'],
        ...['deadline-passed', 'cancel-requested', 'retry-requested', 'skip-requested'],
        ...['resolve-requested', 'park-requested'],
      ),
      at: likely(1, 1e15),
      step: sometimes('a.1', 'b.1', 'a.2', 'b.2', 'a', 'constructor.1'),
      direction: sometimes('action', 'prepare', 'commit', 'abort'),
      attempt: likely(1, 2, Number.NaN),
      entropy: likely(0, 1, -1, Number.NaN),
      branch: likely('a', 'b'),
      heuristic: likely('commit', 'abort'),
      reason: sometimes(...PARKED_REASONS),
      detail: garbage,
      by: garbage,
      reply,
    },
    { requiredKeys: ['type', 'at', 'step', 'direction', 'attempt', 'entropy', 'reply'] },
  ),
) as fc.Arbitrary<Event>;

test.prop([places, fc.array(event, { maxLength: 6 })], { numRuns: 2_000 })(
  'T9: no events, however wrong, make the transition throw or leave a state that cannot be stored',
  (place, events) => {
    let now = place;
    for (const wrong of events) {
      const definition = definitionOf(now);
      const { next } = transition(definition, now, wrong);
      expect(STATUSES).toContain(next.status);
      expect(statusesOf('two-phase')).toContain(next.status);
      if (next === now) continue;
      expect(decodeState(encodeState(next.state))).toEqual(next.state);
      expect(Buffer.byteLength(encodeState(next.state))).toBeLessThan(2_048);
      const isOpen = ['preparing', 'committing', 'aborting'].includes(next.status);
      if (isOpen) expect(pendingCommands(definition, next).length).toBeGreaterThan(0); // T10
      const before = now.state.group;
      const decided = decisionOfRound(before, before.round);
      if (decided) expect(decisionOfRound(next.state.group, before.round)).toBe(decided); // T2
      if (decisionOf(before)) expect(decisionOf(next.state.group)).toBe(decisionOf(before));
      if (decisionOf(next.state.group) === 'commit') {
        const votes = next.state.group.branches.map(({ vote }) => vote);
        expect(votes.every((vote) => vote === 'commit' || vote === 'read-only')).toBe(true); // T3
      }
      now = next;
    }
  },
);
