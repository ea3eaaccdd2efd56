import { invariant } from './errors.js';
import { fromHistory, producedBy, type HistoryEntry, type StartedData } from './history.js';
import type { StartRequest } from './outgoing.js';
import { validate, type Schema } from './schema.js';
import {
  isAnswerEvent,
  type Event,
  type Payloads,
  type Produced,
  type Transaction,
  type Transition,
} from './transaction.js';

/** The schemas that payloads are restored by; undefined where no definition is at hand. */
export interface PayloadSchemas {
  readonly input: Schema<unknown, unknown> | undefined;
  /** Of a step or branch, by the name its reply is kept under. */
  replyOf(name: string): Schema<unknown, unknown> | undefined;
}

/**
 * The payloads of a transaction from its history rows that carry any (`started`, rows with `produced`,
 * replies). An input or reply that the schema no longer takes, or that no definition is at hand for, is
 * given as it was stored; a reply that was refused when it came is left out.
 */
export function restorePayloads(
  schemas: PayloadSchemas,
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
      input = asTaken(schemas.input, (JSON.parse(entry.data) as StartedData).input);
      continue;
    }
    const { replyOf } = produced;
    if (replyOf === undefined) continue;
    replies[replyOf] = asTaken(schemas.replyOf(replyOf), replyIn(entry));
  }
  return { input, replies, requests, output };
}

function asTaken(schema: Schema<unknown, unknown> | undefined, raw: unknown): unknown {
  const checked = schema && validate(schema, raw);
  return checked?.ok ? checked.value : raw;
}

/** The reply that a row gave its step: from the participant, or from a human in its place. */
function replyIn(entry: HistoryEntry): unknown {
  const event = fromHistory(entry);
  if (isAnswerEvent(event)) {
    return event.reply.outcome === 'succeeded' ? event.reply.reply : undefined;
  }
  if (event.type === 'skip-requested') return event.reply;
  return event.type === 'resolve-requested' ? (event.reply ?? {}) : undefined;
}

/** What the row's transition produced, whole: the reply of a saga's step does not repeat its name. */
function recordedIn(entry: HistoryEntry): Produced {
  const produced = producedBy(entry);
  if (entry.type !== 'reply-received' || !entry.carriesPayload) return produced;
  if (produced.replyOf !== undefined) return produced;
  if (entry.direction === 'compensation' || entry.step === null) return produced;
  const { reply } = JSON.parse(entry.data) as { readonly reply: { readonly outcome: string } };
  return reply.outcome === 'succeeded' ? { ...produced, replyOf: entry.step } : produced;
}

/** What a transaction was begun with, besides what its history tells. */
export type Begun = Omit<StartRequest, 'input' | 'at' | 'deadline'>;

interface Replayed<Definition, State> {
  start(definition: Definition, request: StartRequest, recorded?: Produced): Transition<State>;
  transition(
    definition: Definition,
    transaction: Transaction<State>,
    event: Event,
    recorded?: Produced,
  ): Transition<State>;
  payloadsFrom(definition: Definition, entries: readonly HistoryEntry[]): Payloads;
}

/**
 * Plays a transaction's whole history again and gives what it ends in: the same as the stored row.
 * What the definition's mappings and schemas said then is taken from the history, whatever they would
 * say today; its time-outs and retry policies count as they are now.
 */
export function replayWith<Definition, State>(
  machine: Replayed<Definition, State>,
  definition: Definition,
  { begun, entries }: { readonly begun: Begun; readonly entries: readonly HistoryEntry[] },
): Transaction<State> {
  const [first, ...rest] = entries;
  invariant(first?.type === 'started', 'a history begins with its start');
  const { deadline } = JSON.parse(first.data) as StartedData;
  const { input } = machine.payloadsFrom(definition, [first]);
  const request = { ...begun, input, at: first.at, deadline };
  let transaction = machine.start(definition, request, recordedIn(first)).next;
  transaction = { ...transaction, version: first.version };
  for (const entry of rest) {
    const event = fromHistory(entry);
    const { next } = machine.transition(definition, transaction, event, recordedIn(entry));
    transaction = { ...next, version: entry.version }; // Claims move the version without a row here.
  }
  return transaction;
}
