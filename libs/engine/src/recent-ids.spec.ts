import { fc, test } from '@fast-check/jest';
import { RecentIds } from './recent-ids.js';

const MOST = 10;

test.prop([fc.array(fc.nat(30), { maxLength: 100 })])(
  'the last half is known, and never more than all',
  (added) => {
    const recent = new RecentIds(MOST);
    for (const id of added) recent.add(String(id));
    for (const id of added.slice(-MOST / 2)) expect(recent.has(String(id))).toBe(true);
    expect(recent.size).toBeLessThanOrEqual(MOST);
  },
);

test('what was added long ago is forgotten', () => {
  const recent = new RecentIds(MOST);
  for (let id = 0; id < 3 * MOST; id++) recent.add(String(id));
  expect(recent.has('0')).toBe(false);
  expect(recent.has(String(3 * MOST - 1))).toBe(true);
});
