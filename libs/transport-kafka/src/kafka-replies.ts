import {
  decodeReply,
  decodeReplyRecord,
  eventsOf,
  isBatchType,
  participantSource,
  ProtocolError,
  type PreparedReport,
  type ReplyEvent,
} from '@skald/core';
import type { DeadLetter } from '@skald/engine';
import type { BusMessage } from './bus/bus.js';
import { readReport } from './kafka-prepared.js';

/** What one record, or one entry of a batch, turned out to be. */
export type Arrival =
  | { readonly kind: 'reply'; readonly reply: ReplyEvent }
  | { readonly kind: 'report'; readonly report: PreparedReport }
  | { readonly kind: 'letter'; readonly letter: DeadLetter };

const MAX_PAYLOAD_BYTES = 64 * 1024;

/**
 * What is in a record of `participant`'s topic of replies, in either content form: at least one arrival.
 * What cannot be understood, or names another participant as its source (the broker's permissions say who
 * may write to a topic, so the topic says who replies), becomes a dead letter; an entry of a batch by
 * itself.
 */
export function readRecord(message: BusMessage, participant: string): Arrival[] {
  if (isBatchType(message.headers['content-type'])) return readBatch(message, participant);
  return [
    arrival(message, () => {
      const report = readReport(message, participant);
      if (report) return { kind: 'report', report };
      return { kind: 'reply', reply: replyIn(message, participant) };
    }),
  ];
}

function readBatch(message: BusMessage, participant: string): Arrival[] {
  let events: readonly unknown[];
  try {
    events = eventsOf(parsed(message.value));
  } catch (error) {
    return [arrival(message, () => raise(error))];
  }
  return events.map((event, index) => {
    const entry = { number: index + 1, event };
    const read = () => ({ kind: 'reply', reply: replyOf(participant, event) }) as const;
    return arrival(message, read, entry);
  });
}

function replyIn({ headers, value }: BusMessage, participant: string): ReplyEvent {
  const data = parsed(value);
  expectSource(headers['ce_source'], participant);
  return by(participant, decodeReplyRecord(headers, data));
}

function replyOf(participant: string, event: unknown): ReplyEvent {
  expectSource((event as { readonly source?: unknown } | null)?.source, participant);
  return by(participant, decodeReply(event));
}

function expectSource(source: unknown, participant: string): void {
  const expected = participantSource(participant);
  if (source === expected) return;
  throw new ProtocolError(`attribute source: expected ${expected} on this topic`);
}

function by(participant: string, reply: ReplyEvent): ReplyEvent {
  const { transaction, step, direction, attempt } = reply;
  return { transaction, step, direction, attempt, reply: reply.reply, participant };
}

interface Entry {
  /** From 1. */
  readonly number: number;
  readonly event: unknown;
}

function arrival(message: BusMessage, read: () => Arrival, entry?: Entry): Arrival {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { kind: 'letter', letter: toDeadLetter(message, error, entry) };
  }
}

function raise(error: unknown): never {
  throw error;
}

function parsed(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'));
  } catch (cause) {
    throw new ProtocolError('the value is not JSON', { cause });
  }
}

/** The message, or an entry of it, as operators get to see it. */
export function toDeadLetter(message: BusMessage, error: unknown, entry?: Entry): DeadLetter {
  const { topic, partition, offset, headers, value } = message;
  const payload = entry ? Buffer.from(JSON.stringify(entry.event)) : value;
  return {
    source: `kafka:${topic}/${partition}@${offset}${entry ? `#${entry.number}` : ''}`,
    reason: error instanceof Error ? error.message : String(error),
    headers,
    payload: payload.subarray(0, MAX_PAYLOAD_BYTES),
  };
}
