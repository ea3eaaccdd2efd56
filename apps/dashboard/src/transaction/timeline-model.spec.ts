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

test('the axis has round times', () => {
  expect(ticksOf(1_000, 5)).toEqual([0, 200, 400, 600, 800, 1_000]);
  expect(ticksOf(3, 8)).toEqual([0, 1, 2, 3]);
});
