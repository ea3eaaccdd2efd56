import { randomUUID } from 'node:crypto';
import { participant, type OutgoingCommand, type TransactionId } from '@skald/core';
import { z } from 'zod';

const { reserve } = participant('inventory', {
  reserve: { request: z.unknown(), reply: z.unknown() },
});

/** A command of a transaction of its own. (The test kit's would make these packages a circle.) */
export function makeCommand(given: Partial<OutgoingCommand> = {}): OutgoingCommand {
  return {
    transaction: randomUUID() as TransactionId,
    step: 'reserve-stock',
    direction: 'action',
    attempt: 1,
    participant: 'inventory',
    operation: reserve,
    body: '{"sku":"WIDGET","quantity":2}',
    isRefusable: true,
    timeoutMs: 5_000,
    maxAttempts: 20,
    resendAt: 10_000,
    startedAt: 0,
    deadline: 600_000,
    ...given,
  };
}
