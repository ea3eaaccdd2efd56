import { isEnded, type AnyTransaction, type Definition, type Event } from '@skald/core';
import type { Preview } from './api.js';
import { machineFor } from './machine.js';

/** What an event would do to a transaction, and every call that would follow from it. */
export function previewOf(
  definition: Definition,
  transaction: AnyTransaction,
  event: Event,
): Preview {
  const machine = machineFor(definition.protocol);
  const { next, refusal } = machine.transition(definition, transaction, event);
  const isOver = isEnded(next.status) || refusal !== undefined;
  return {
    version: transaction.version,
    allowed: refusal === undefined && !isEnded(transaction.status),
    refusal:
      refusal ?? (isEnded(transaction.status) ? `it is ${transaction.status} already` : null),
    status: next.status,
    irreversible: event.type !== 'retry-requested',
    calls: isOver || next.status === 'parked' ? [] : machine.plannedCalls(definition, next),
  };
}
