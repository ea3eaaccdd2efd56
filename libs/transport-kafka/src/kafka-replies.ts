import { decodeReply, fromHeaders, ProtocolError, type ReplyEvent } from '@skald/core';
import type { DeadLetter } from '@skald/engine';
import type { BusMessage } from './bus/bus.js';

const MAX_PAYLOAD_BYTES = 64 * 1024;

/**
 * The reply in a record of `participant`'s topic of replies (binary content form).
 *
 * @throws ProtocolError when it is none, or names another participant as its source: the broker's
 *   permissions say who may write to a topic, so the topic says who replies.
 */
export function readReply({ headers, value }: BusMessage, participant: string): ReplyEvent {
  const attributes = fromHeaders(headers);
  const source = `/skald/participant/${participant}`;
  if (attributes['source'] !== source) {
    throw new ProtocolError(`attribute source: expected ${source} on this topic`);
  }
  return { ...decodeReply(attributes, parsed(value)), participant };
}

function parsed(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'));
  } catch (cause) {
    throw new ProtocolError('the value is not JSON', { cause });
  }
}

/** The message as operators get to see it. */
export function toDeadLetter(message: BusMessage, error: unknown): DeadLetter {
  const { topic, partition, offset, headers, value } = message;
  return {
    source: `kafka:${topic}/${partition}@${offset}`,
    reason: error instanceof Error ? error.message : String(error),
    headers,
    payload: value.subarray(0, MAX_PAYLOAD_BYTES),
  };
}
