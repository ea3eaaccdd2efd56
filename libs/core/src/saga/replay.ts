import { invariant } from '../errors.js';
import { fromHistory, producedBy, type HistoryEntry } from '../history.js';
import { validate } from '../schema.js';
import type { Payloads } from '../transaction.js';
import type { SagaDefinition } from './define.js';
import { start, type StartRequest } from './machine.js';
import type { SagaTransaction } from './state.js';
import { transition } from './transition.js';

/** The data of a `started` row. */
export interface StartedData {
  /** As the caller sent it. */
  readonly input: unknown;
  readonly deadline: number;
}

/**
 * The payloads of a transaction from its history rows that carry any (`started`, rows with `produced`,
 * replies). An input or reply that the schema no longer takes is given as it was stored.
 */
export function payloadsFrom(saga: SagaDefinition, entries: readonly HistoryEntry[]): Payloads {
  let input: unknown;
  let output: string | null = null;
  const requests: Record<string, string> = {};
  const replies: Record<string, unknown> = {};
  for (const entry of entries) {
    const produced = producedBy(entry);
    Object.assign(requests, produced.requests);
    output = produced.output ?? output;
    if (entry.type === 'started') {
      const raw = (JSON.parse(entry.data) as StartedData).input;
      const checked = validate(saga.input, raw);
      input = checked.ok ? checked.value : raw;
      continue;
    }
    const raw = replyIn(entry);
    if (raw === undefined || entry.step === null) continue;
    const step = saga.steps.find(({ name }) => name === entry.step);
    const checked = step && validate(step.action.mapping.operation.reply, raw);
    replies[entry.step] = checked?.ok ? checked.value : raw;
  }
  return { input, replies, requests, output };
}

/** The reply that a row gave its step: from the participant, or from a human in its place. */
function replyIn(entry: HistoryEntry): unknown {
  if (entry.direction === 'compensation') return undefined;
  const event = fromHistory(entry);
  if (event.type === 'skip-requested') return event.reply;
  if (event.type === 'resolve-requested') {
    return event.outcome === 'succeeded' ? (event.reply ?? {}) : undefined;
  }
  const isReply = event.type === 'reply-received' && event.reply.outcome === 'succeeded';
  return isReply ? event.reply.reply : undefined;
}

/**
 * Plays a transaction's whole history again and gives what it ends in: the same as the stored row.
 * Requests and output are taken from the history, not mapped again.
 */
export function replay(
  saga: SagaDefinition,
  begun: Omit<StartRequest, 'input' | 'at' | 'deadline'>,
  entries: readonly HistoryEntry[],
): SagaTransaction {
  const [first, ...rest] = entries;
  invariant(first?.type === 'started', 'a history begins with its start');
  const { deadline } = JSON.parse(first.data) as StartedData;
  const { input } = payloadsFrom(saga, [first]);
  let transaction = start(saga, { ...begun, input, at: first.at, deadline }).next;
  transaction = withRecorded(transaction, first);
  for (const entry of rest) {
    const { next } = transition(saga, withRecorded(transaction, entry), fromHistory(entry));
    transaction = { ...next, version: entry.version }; // Claims move the version without a row here.
  }
  return transaction;
}

function withRecorded(transaction: SagaTransaction, entry: HistoryEntry): SagaTransaction {
  const { requests, output } = producedBy(entry);
  const { payloads } = transaction;
  return {
    ...transaction,
    payloads: {
      ...payloads,
      requests: { ...payloads.requests, ...requests },
      output: output ?? payloads.output,
    },
  };
}
