// The same booking at three services, as a saga, as a two-phase transaction and as TCC.
import { participant, saga, twoPhase } from '@skald/core';
import { z } from 'zod';

const Body = z.object({ order: z.number(), amount: z.number(), fail: z.boolean() });
const operation = { request: Body, reply: z.object({}) };

export const NAMES = /** @type {const} */ (['first', 'second', 'third']);

/** @param {string} name */
export function contractOf(name) {
  return participant(name, {
    book: operation,
    'book-many': operation,
    unbook: operation,
    prepare: operation,
    hold: { ...operation, reservationTtlMs: 600_000 },
  });
}

const [first, second, third] = /** @type {[any, any, any]} */ (NAMES.map(contractOf));

/** @param {boolean} mayFail */
const body =
  (mayFail) =>
  (/** @type {{ input: { order: number, amount: number, fail: boolean } }} */ { input }) => ({
    ...input,
    fail: mayFail && input.fail,
  });

export const asSaga = saga('as-saga', { version: 1, input: Body })
  .compensatable('first', {
    action: [first.book, body(false)],
    compensation: [first.unbook, body(false)],
  })
  .compensatable('second', {
    action: [second.book, body(false)],
    compensation: [second.unbook, body(false)],
  })
  .pivot('third', { action: [third.book, body(true)] })
  .build();

/**
 * @param {string} name
 * @param {'prepare' | 'hold'} by
 */
const together = (name, by) =>
  twoPhase(name, { version: 1, input: Body })
    .branch('first', first[by], body(false))
    .branch('second', second[by], body(false))
    .branch('third', third[by], body(true))
    .build();

export const asTwoPhase = together('as-two-phase', 'prepare');
export const asTcc = together('as-tcc', 'hold');
