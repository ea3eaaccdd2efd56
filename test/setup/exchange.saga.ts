import { participant, saga } from '@skald/core';
import { z } from 'zod';

const Amount = z.object({ amount: z.number() });
const Booked = z.object({ balance: z.number() });
const operations = {
  book: { request: Amount, reply: Booked },
  undo: { request: Amount, reply: z.object({}) },
};
const north = participant('north', operations);
const south = participant('south', operations);
const RETRY = { maxAttempts: 3, maxRounds: 2, initialMs: 5, factor: 2, capMs: 20 };

/** A fee, then a move between two that can be undone, then the same as the pivot: for tests of shells. */
export function exchange({ deadlineMs = 30_000, timeoutMs = 5_000 } = {}) {
  const group = { deadlineMs, retry: RETRY };
  return saga('exchange', { version: 1, input: Amount })
    .compensatable('fee', {
      action: [north.book, ({ input }) => input],
      compensation: [north.undo, ({ input }) => input],
    })
    .atomically(
      'there',
      (there) =>
        there
          .branch('give', north.book, ({ input }) => ({ amount: -input.amount }), {
            compensation: [north.undo, ({ replies }) => ({ amount: replies.give?.balance ?? 0 })],
            timeoutMs,
          })
          .branch('get', south.book, ({ input }) => input, {
            compensation: [south.undo, ({ replies }) => ({ amount: replies.get?.balance ?? 0 })],
            timeoutMs,
          }),
      group,
    )
    .atomically(
      'back',
      (back) =>
        back
          .branch('return', north.book, ({ input }) => input, { timeoutMs })
          .branch('hand-back', south.book, ({ replies }) => ({ amount: replies.get.balance }), {
            timeoutMs,
          }),
      group,
    )
    .output(({ replies }) => replies['hand-back'].balance)
    .build();
}
