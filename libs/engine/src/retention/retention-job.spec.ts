import { jest } from '@jest/globals';
import { SILENT } from '../ports/log.js';
import type { RetentionStore, RetentionTurn } from '../ports/retention.js';
import { StoreError } from '../ports/store.js';
import { RetentionJob } from './retention-job.js';

const CURSOR = { startedAt: '2026-01-01', id: 'x' };

/** A turn with several batches of each, full ones and others: only an empty one is the last. */
function aTurn(more: Partial<RetentionTurn> = {}) {
  const calls: string[] = [];
  let batches = 3;
  const counts = { flushes: [10, 2], closed: [4, 10, 1], tombstones: [10, 0] };
  const turn: RetentionTurn = {
    forget: (days, after, limit) => {
      calls.push(`forget ${days} ${after?.id ?? '-'} ${limit}`);
      batches -= 1;
      return Promise.resolve({ forgotten: 7, next: batches > 0 ? CURSOR : null });
    },
    dropHistory: (days) => {
      calls.push(`drop ${days}`);
      return Promise.resolve({ dropped: ['a'], postponed: ['b'] });
    },
    forgetFlushes: () => Promise.resolve(counts.flushes.shift() ?? 0),
    forgetClosed: () => Promise.resolve(counts.closed.shift() ?? 0),
    forgetTombstones: (days) => {
      calls.push(`tombstones ${days}`);
      return Promise.resolve(counts.tombstones.shift() ?? 0);
    },
    close: () => {
      calls.push('close');
      return Promise.resolve();
    },
    ...more,
  };
  return { turn, calls };
}

function aJob(store: RetentionStore, load = 1) {
  const days = { retentionDays: 30, tombstoneDays: 60 };
  return new RetentionJob({ store, log: SILENT, batch: 10, load, ...days });
}

test('a round goes through all batches, transactions before their history, and gives the turn back', async () => {
  const { turn, calls } = aTurn();
  const round = await aJob({ take: () => Promise.resolve(turn) }).round();
  expect(round).toEqual({
    ...{ transactions: 21, flushes: 12, tombstones: 10, closed: 15 },
    ...{ partitions: ['a'], postponed: ['b'] },
  });
  expect(calls).toEqual([
    ...['forget 30 - 10', 'forget 30 x 10', 'forget 30 x 10', 'drop 30'],
    ...['tombstones 60', 'tombstones 60', 'close'],
  ]);
});

test('nothing is done while another instance has the turn', async () => {
  expect(await aJob({ take: () => Promise.resolve(undefined) }).round()).toBeUndefined();
});

test('the turn is given back when the store fails', async () => {
  const failure = new StoreError('unavailable', 'gone');
  const { turn, calls } = aTurn({ dropHistory: () => Promise.reject(failure) });
  await expect(aJob({ take: () => Promise.resolve(turn) }).round()).rejects.toBe(failure);
  expect(calls.at(-1)).toBe('close');
});

test('after each batch it rests in proportion to its share of the load', async () => {
  const pauses = jest.spyOn(globalThis, 'setTimeout');
  const { turn } = aTurn();
  const busyMs = 20;
  const slow: RetentionTurn = {
    ...turn,
    forget: (...given) =>
      turn.forget(...given).then((batch) => {
        const until = performance.now() + busyMs;
        while (performance.now() < until);
        return batch;
      }),
  };
  await aJob({ take: () => Promise.resolve(slow) }, 0.5).round();
  const rests = pauses.mock.calls.map(([, ms]) => ms ?? 0);
  pauses.mockRestore();
  expect(rests.filter((ms) => ms >= busyMs)).toHaveLength(3);
});
