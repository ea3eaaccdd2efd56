import {
  BATCH_CONTENT_TYPE,
  decodeReply,
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
const HEADERS = ['content-type', BATCH_CONTENT_TYPE, 'accept', BATCH_CONTENT_TYPE];

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
  let body = '';
  let bytes = 1;
  const close = () => {
    if (packed.length === 0) return;
    envelopes.push({
      commands: packed,
      request: { method: 'POST', path: PATH, headers: HEADERS, body: `${body}]` },
    });
    packed = [];
  };
  for (const command of commands) {
    const text = encodeCommand(command, at);
    const size = Buffer.byteLength(text) + 1;
    if (size + 1 > MAX_BATCH_BYTES) {
      tooLarge.push(command);
      continue;
    }
    if (packed.length >= maxCommands || bytes + size > MAX_BATCH_BYTES) close();
    const isFirst = packed.length === 0;
    body = isFirst ? `[${text}` : `${body},${text}`;
    bytes = isFirst ? size + 1 : bytes + size;
    packed.push(command);
  }
  close();
  return { envelopes, tooLarge };
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
      const reply = decodeReply(events[index]);
      if (!command || !isAnswerTo(command, reply)) return undefined;
      // It came on the connection this attempt was sent on, whatever number it carries.
      replies.push(
        reply.attempt === command.attempt ? reply : { ...reply, attempt: command.attempt },
      );
    }
    return replies;
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isAnswerTo(command: OutgoingCommand, reply: ReplyEvent): boolean {
  return (
    reply.transaction === command.transaction &&
    reply.step === command.step &&
    reply.direction === command.direction
  );
}
