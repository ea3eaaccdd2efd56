import type { Schemas } from '../api/client.js';
import { summaryOf } from './words.js';

type Item = Schemas['TransactionItem'];

const now = Date.UTC(2026, 10, 25, 12);
const iso = (ms: number) => new Date(ms).toISOString();

const charge: Item['waitingFor'][number] = {
  step: 'charge-card',
  direction: 'action',
  participant: 'payment',
  operation: 'charge',
  attempt: 3,
  maxAttempts: 8,
  nextAttemptAt: iso(now + 12_000),
};
const declined: Item['failure'] = {
  step: 'charge-card',
  participant: 'payment',
  operation: 'charge',
  outcome: 'rejected',
  reason: 'card-declined',
  detail: null,
};

test('a decision has no last attempt', () => {
  const told = { ...charge, direction: 'commit' as const, maxAttempts: null, nextAttemptAt: null };
  expect(summaryOf(item({ waitingFor: [told] }), now)).toBe(
    'waiting for payment.charge, attempt 3',
  );
});

function item(given: Partial<Item>): Item {
  const base = { waitingFor: [], failure: null, parked: null, status: 'running' };
  return { ...base, ...given } as Item;
}

test.each([
  [{ waitingFor: [charge] }, 'waiting for payment.charge, attempt 3 of 8, next in 12 s'],
  [{ waitingFor: [{ ...charge, attempt: 1 }] }, 'waiting for payment.charge'],
  [{ failure: declined }, 'charge-card was rejected: card-declined'],
  [
    {
      failure: declined,
      waitingFor: [{ ...charge, operation: 'refund', direction: 'compensation', attempt: 1 }],
    },
    'charge-card was rejected: card-declined; waiting for payment.refund',
  ],
  [
    {
      waitingFor: [charge],
      parked: { reason: 'outcome-unknown', from: 'running', at: iso(now), detail: null },
    },
    'the outcome is not known (payment.charge)',
  ],
  [{}, ''],
] satisfies [Partial<Item>, string][])('%j reads as one line', (given, words) => {
  expect(summaryOf(item(given), now)).toBe(words);
});
