import { invariant } from '../errors.js';
import { fromHistory, producedBy, type HistoryEntry, type StartedData } from '../history.js';
import { validate } from '../schema.js';
import type { Payloads, Produced } from '../transaction.js';
import type { SagaDefinition } from './define.js';
import { start, type StartRequest } from './machine.js';
import type { SagaTransaction } from './state.js';
import { transition } from './transition.js';

/**
 * The payloads of a transaction from its history rows that carry any (`started`, rows with `produced`,
 * replies). An input or reply that the schema no longer takes, or that no definition is at hand for, is
 * given as it was stored; a reply that was refused when it came is left out.
 */
export function payloadsFrom(
  saga: SagaDefinition | undefined,
  entries: readonly HistoryEntry[],
): Payloads {
  let input: unknown;
  let output: string | null = null;
  const requests: Record<string, string> = {};
  const replies: Record<string, unknown> = {};
  for (const entry of entries) {
    const produced = recordedIn(entry);
    Object.assign(requests, produced.requests);
    output = produced.output ?? output;
    if (entry.type === 'started') {
      const raw = (JSON.parse(entry.data) as StartedData).input;
      const checked = saga && validate(saga.input, raw);
      input = checked?.ok ? checked.value : raw;
      continue;
    }
    const { replyOf } = produced;
    if (replyOf === undefined) continue;
    const raw = replyIn(entry);
    const step = saga?.steps.find(({ name }) => name === replyOf);
    const checked = step && validate(step.action.mapping.operation.reply, raw);
    replies[replyOf] = checked?.ok ? checked.value : raw;
  }
  return { input, replies, requests, output };
}

/** The reply that a row gave its step: from the participant, or from a human in its place. */
function replyIn(entry: HistoryEntry): unknown {
  const event = fromHistory(entry);
  if (event.type === 'reply-received' && event.reply.outcome === 'succeeded') {
    return event.reply.reply;
  }
  if (event.type === 'skip-requested') return event.reply;
  return event.type === 'resolve-requested' ? (event.reply ?? {}) : undefined;
}

/** What the row's transition produced, whole: a participant's reply does not repeat its step. */
function recordedIn(entry: HistoryEntry): Produced {
  const produced = producedBy(entry);
  if (entry.type !== 'reply-received' || !entry.carriesPayload) return produced;
  if (entry.direction === 'compensation' || entry.step === null) return produced;
  const { reply } = JSON.parse(entry.data) as { readonly reply: { readonly outcome: string } };
  return reply.outcome === 'succeeded' ? { ...produced, replyOf: entry.step } : produced;
}

/**
 * Plays a transaction's whole history again and gives what it ends in: the same as the stored row.
 * What the definition's mappings and schemas said then is taken from the history, whatever they would
 * say today; its time-outs and retry policies count as they are now.
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
  const request = { ...begun, input, at: first.at, deadline };
  let transaction = start(saga, request, recordedIn(first)).next;
  transaction = { ...transaction, version: first.version };
  for (const entry of rest) {
    const { next } = transition(saga, transaction, fromHistory(entry), recordedIn(entry));
    transaction = { ...next, version: entry.version }; // Claims move the version without a row here.
  }
  return transaction;
}
