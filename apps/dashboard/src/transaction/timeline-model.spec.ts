import { ticksOf, timelineOf } from './timeline-model.js';
import type { HistoryItem, Transaction } from './transaction.js';

const start = Date.UTC(2026, 10, 25, 12);
const iso = (ms: number) => new Date(start + ms).toISOString();

const call = (operation: string, startedAt: number | null, endedAt: number | null) => ({
  participant: 'payment',
  operation,
  attempts: 1,
  startedAt: startedAt === null ? null : iso(startedAt),
  endedAt: endedAt === null ? null : iso(endedAt),
});

const transaction = {
  createdAt: iso(0),
  endedAt: null,
  steps: [
    { name: 'charge', action: call('charge', 10, 400), compensation: call('refund', 500, null) },
    { name: 'later', action: call('send', null, null), compensation: null },
  ],
} as unknown as Transaction;

const row = (given: Partial<HistoryItem>): HistoryItem =>
  ({ step: null, direction: null, attempt: null, data: {}, ...given }) as HistoryItem;

const history = [
  row({ type: 'started', at: iso(0) }),
  row({
    type: 'reply-received',
    step: 'charge',
    direction: 'action',
    attempt: 1,
    at: iso(100),
    data: { outcome: 'failed', reason: 'handler-error' },
  }),
  row({ type: 'timed-out', step: 'charge', direction: 'action', attempt: 2, at: iso(300) }),
  row({ type: 'cancel-requested', at: iso(450) }),
];

test('each call that began has a span with the answers to its attempts', () => {
  const { from, to, spans, moments } = timelineOf(transaction, history, start + 900);
  expect([from, to]).toEqual([start, start + 900]);
  expect(spans).toMatchObject([
    { key: 'charge/action', startedAt: start + 10, endedAt: start + 400 },
    { key: 'charge/compensation', startedAt: start + 500, endedAt: null, marks: [] },
  ]);
  expect(spans[0]?.marks).toEqual([
    { at: start + 100, attempt: 1, outcome: 'failed', detail: 'handler-error' },
    { at: start + 300, attempt: 2, outcome: 'timed-out', detail: '' },
  ]);
  expect(moments).toEqual([{ at: start + 450, what: 'cancel requested' }]);
});

test('the axis has round times, none at its very end, where it would be cut', () => {
  expect(ticksOf(1_100, 5)).toEqual([0, 500, 1_000]);
  expect(ticksOf(1_000, 5)).toEqual([0, 200, 400, 600, 800]);
  expect(ticksOf(3.5, 8)).toEqual([0, 1, 2, 3]);
});

test('a branch is asked until its vote, or until the decision when it gave none, and told until it knows', () => {
  const branch = (name: string, vote: string | null, votedAt: number | null) => ({
    name,
    participant: name,
    operation: 'move',
    vote,
    votedAt: votedAt === null ? null : iso(votedAt),
    acknowledgedAt: null,
  });
  const twoPhase = (given: object) =>
    ({ createdAt: iso(0), endedAt: null, ...given }) as unknown as Transaction;
  const told = { decision: 'commit', branches: [branch('north', 'commit', 40)] };
  expect(timelineOf(twoPhase(told), [], start + 90).spans).toMatchObject([
    { key: 'north', startedAt: start, endedAt: start + 40, marks: [{ outcome: 'succeeded' }] },
    { key: 'north/', startedAt: start + 40, endedAt: null },
  ]);
  const branches = [branch('north', 'abort', 20), branch('south', null, null)];
  const aborted = { decision: 'abort', endedAt: iso(60), branches };
  expect(timelineOf(twoPhase(aborted), [], start + 90).spans).toMatchObject([
    { key: 'north', endedAt: start + 20, marks: [{ outcome: 'rejected' }] },
    { key: 'south', endedAt: start + 60, marks: [{ outcome: 'pending', detail: 'no vote' }] },
  ]);
});
