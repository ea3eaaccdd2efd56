import { participant, saga, type SagaDefinition } from '@skald/core';
import { z } from 'zod';

const Booking = z.object({ trip: z.string() });
const operation = { request: Booking, reply: z.object({ fee: z.number().optional() }) };

/** Books a flight and a hotel, pays, and sends tickets: one step of each kind, for tests of the engine. */
const travel = participant('travel', {
  'book-flight': operation,
  'cancel-flight': operation,
  pay: operation,
  'send-tickets': operation,
});

export interface TripTimes {
  readonly timeoutMs?: number;
  readonly maxAttempts?: number;
  readonly deadlineMs?: number;
  readonly version?: number;
}

/** The saga with times that suit a test: by default short backoffs and a long patience. */
export function tripSaga({
  timeoutMs = 5_000,
  maxAttempts = 5,
  deadlineMs = 60_000,
  version = 1,
}: TripTimes = {}): SagaDefinition {
  const retry = { maxAttempts, initialMs: 5, factor: 2, capMs: 20 };
  const timing = { timeoutMs, retry };
  const body = ({ input }: { input: { trip: string } }) => input;
  return saga('trip', { version, input: Booking, deadlineMs })
    .compensatable('book-flight', {
      action: [travel['book-flight'], body],
      compensation: [travel['cancel-flight'], body],
      compensationRetry: retry,
      ...timing,
    })
    .pivot('pay', { action: [travel.pay, body], ...timing })
    .retriable('send-tickets', { action: [travel['send-tickets'], body], ...timing })
    .output(({ input, replies }) => ({ trip: input.trip, fee: replies.pay.fee ?? 0 }))
    .build();
}
