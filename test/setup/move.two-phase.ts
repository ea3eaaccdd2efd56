import { participant, twoPhase, type OutgoingCommand, type Reply } from '@skald/core';
import { z } from 'zod';
import type { Answer } from './engine.js';

const Amount = z.object({ amount: z.number() });
const Booked = z.object({ balance: z.number() });
const operations = { book: { request: Amount, reply: Booked } };
const north = participant('north', operations);
const south = participant('south', operations);

export interface MoveTimes {
  readonly timeoutMs?: number;
  readonly deadlineMs?: number;
}

const RETRY = { maxAttempts: 3, maxRounds: 3, initialMs: 5, factor: 2, capMs: 20 };

/** Takes an amount from one participant to another: for tests of the engine. */
export function moveMoney({ timeoutMs = 5_000, deadlineMs = 60_000 }: MoveTimes = {}) {
  return twoPhase('move', { version: 1, input: Amount, deadlineMs, retry: RETRY })
    .branch('from', north.book, ({ input }) => ({ amount: -input.amount }), { timeoutMs })
    .branch('to', south.book, ({ input }) => ({ amount: input.amount }), { timeoutMs })
    .output(({ replies }) => [replies.from.balance, replies.to.balance])
    .build();
}

/** One branch alone: its participant decides. */
export function bookAlone({ timeoutMs = 5_000, deadlineMs = 60_000 }: MoveTimes = {}) {
  return twoPhase('book', { version: 1, input: Amount, deadlineMs, retry: RETRY })
    .branch('only', north.book, ({ input }) => input, { timeoutMs })
    .build();
}

const YES: Reply = { outcome: 'succeeded', reply: {}, vote: 'commit' };
export const BOOKED: Reply = { outcome: 'succeeded', reply: { balance: 7 } };

/** Votes commit, and acknowledges every decision. */
export function agreeable({ direction }: OutgoingCommand): Answer {
  return direction === 'prepare' ? YES : BOOKED;
}
