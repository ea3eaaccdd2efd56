import {
  BATCH_CONTENT_TYPE,
  decodeReplyTo,
  encodeCommand,
  MAX_BATCH_BYTES,
  ProtocolError,
  type OutgoingCommand,
  type ReplyEvent,
} from '@skald/core';
import type { HttpAnswer, HttpRequest } from './exchange.js';

/** Commands that leave in one POST. */
export interface Envelope {
  readonly commands: OutgoingCommand[];
  readonly request: HttpRequest;
}

export interface PackedCommands {
  readonly envelopes: readonly Envelope[];
  /** Those that would not fit into an envelope even alone. */
  readonly tooLarge: readonly OutgoingCommand[];
}

const PATH = '/skald/v1/commands';
const headers = ['content-type', BATCH_CONTENT_TYPE, 'accept', BATCH_CONTENT_TYPE];

/**
 * Packs commands, in order, into as few envelopes as their limits allow: `maxCommands` and 512 KB each.
 *
 * @param at When they leave, ms since the epoch.
 */
export function packEnvelopes(
  commands: readonly OutgoingCommand[],
  maxCommands: number,
  at: number,
): PackedCommands {
  const envelopes: Envelope[] = [];
  const tooLarge: OutgoingCommand[] = [];
  let packed: OutgoingCommand[] = [];
  let bytes = 0;
  const close = () => {
    if (packed.length === 0) return;
    scratch[bytes] = CLOSING_BRACKET;
    const body = Buffer.from(scratch.subarray(0, bytes + 1));
    envelopes.push({ commands: packed, request: { method: 'POST', path: PATH, headers, body } });
    packed = [];
    bytes = 0;
  };
  for (const command of commands) {
    // Behind the place of what comes before it, a bracket or a comma.
    const size = writeInto(scratch, encodeCommand(command, at), bytes + 1);
    if (size + 2 > MAX_BATCH_BYTES) {
      tooLarge.push(command);
      continue;
    }
    const from = bytes + 1;
    if (packed.length >= maxCommands || from + size + 1 > MAX_BATCH_BYTES) {
      close();
      scratch.copyWithin(1, from, from + size);
    }
    scratch[bytes] = packed.length === 0 ? OPENING_BRACKET : COMMA;
    bytes += 1 + size;
    packed.push(command);
  }
  close();
  return { envelopes, tooLarge };
}

const [OPENING_BRACKET = 0, COMMA = 0, CLOSING_BRACKET = 0] = Buffer.from('[,]');

/** Where bodies are put together, one at a time; a full one and one more at the most stand in it. */
const scratch = Buffer.allocUnsafe(MAX_BATCH_BYTES * 4);

/** Bytes of `text` in UTF-8, written unless there are too many for any envelope. */
function writeInto(buffer: Buffer, text: string, offset: number): number {
  return text.length > MAX_BATCH_BYTES ? text.length : buffer.write(text, offset);
}

/**
 * The replies in an answer to `commands`: one for each, in their order. Undefined when the answer is
 * anything else, however slightly: then nothing is known of any of them. Never throws.
 */
export function readEnvelope(
  answer: HttpAnswer,
  commands: readonly OutgoingCommand[],
): ReplyEvent[] | undefined {
  if (answer.contentType !== BATCH_CONTENT_TYPE) return undefined;
  try {
    const events: unknown = JSON.parse(answer.body);
    if (!Array.isArray(events) || events.length !== commands.length) return undefined;
    const replies: ReplyEvent[] = [];
    for (let index = 0; index < events.length; index++) {
      const command = commands[index];
      const reply = command && decodeReplyTo(command, events[index]);
      if (!reply) return undefined;
      replies.push(reply);
    }
    return replies;
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
