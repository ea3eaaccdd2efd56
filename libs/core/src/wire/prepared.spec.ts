import { asPreparedReport, asResolveOrder } from './prepared.js';

const order = { gid: 'skald:x', outcome: 'commit', by: 'ann', reason: 'it blocks' };
const item = {
  gid: 'skald:x',
  transaction: '0198c0de-0000-7000-8000-000000000001',
  step: 'ledger.1',
  preparedAt: '2026-11-23T10:00:00.000Z',
  ageMs: 12,
  locks: [{ relation: 'account', mode: 'RowExclusiveLock', count: 1 }],
};
const report = { participant: 'payment', maxPrepared: 500, used: 1, items: [item] };

test('an order is read as it is, without what else is told', () => {
  expect(asResolveOrder({ ...order, more: 1 })).toEqual(order);
});

test.each([
  null,
  'commit',
  {},
  { ...order, outcome: 'maybe' },
  { ...order, gid: '' },
  { ...order, by: 1 },
  { ...order, reason: 'x'.repeat(2_001) },
])('%j is no order', (data) => {
  expect(asResolveOrder(data)).toBeUndefined();
});

test('a report is read as it is, without what else is told', () => {
  expect(asPreparedReport({ ...report, more: 1 })).toEqual(report);
});

test.each([
  null,
  [],
  { ...report, participant: '' },
  { ...report, used: -1 },
  { ...report, maxPrepared: '500' },
  { ...report, items: {} },
  { ...report, items: [null] },
  { ...report, items: [{ ...item, transaction: 'x' }] },
  { ...report, items: [{ ...item, preparedAt: 'today' }] },
  { ...report, items: [{ ...item, ageMs: null }] },
  { ...report, items: [{ ...item, locks: [1, null] }] },
  { ...report, items: [{ ...item, locks: [{ relation: 'account', mode: 'x', count: '1' }] }] },
])('%j is no report', (data) => {
  expect(asPreparedReport(data)).toBeUndefined();
});
