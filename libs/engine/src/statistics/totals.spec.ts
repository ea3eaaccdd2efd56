import type { AnyTransaction } from '@skald/core';
import { DURATION_BOUNDS_MS, Totals } from './totals.js';

function aTransaction(row: Partial<AnyTransaction>): AnyTransaction {
  const definition = { name: 'buy', version: 1, hash: 'h' };
  return { definition, status: 'completed', startedAt: 0, updatedAt: 0, ...row } as AnyTransaction;
}

test('it counts starts, what they came to, and how long those that ended took', () => {
  const totals = new Totals();
  for (let n = 0; n < 4; n++) totals.started('buy');
  totals.settled(aTransaction({ updatedAt: 5 }));
  totals.settled(aTransaction({ updatedAt: 6 }));
  totals.settled(aTransaction({ updatedAt: 4_000_000, status: 'compensated' }));
  totals.settled(aTransaction({ updatedAt: 70, status: 'parked' }));
  const [buy] = totals.all();
  expect(buy).toMatchObject({ definition: 'buy', started: 4, durationSumMs: 4_000_011 });
  expect(Object.fromEntries(buy?.settled ?? [])).toEqual({
    completed: 2,
    compensated: 1,
    parked: 1,
  });
  expect(buy?.durations).toHaveLength(DURATION_BOUNDS_MS.length + 1);
  expect(buy?.durations.slice(0, 2)).toEqual([1, 1]);
  expect(buy?.durations.at(-1)).toBe(1);
});
