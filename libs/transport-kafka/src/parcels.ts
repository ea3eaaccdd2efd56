import {
  BATCH_CONTENT_TYPE,
  commandHeaders,
  encodeCommand,
  MAX_BATCH_BYTES,
  MAX_EVENT_BYTES,
  packBatches,
  pushTo,
  type EncodedEvent,
  type OutgoingCommand,
} from '@skald/core';
import type { OutgoingMessage } from './bus/bus.js';
import type { KafkaRoutes } from './kafka-routes.js';

/** Commands that leave by one `Bus.send`, in as many records. */
export interface Parcel {
  readonly commands: readonly OutgoingCommand[];
  readonly messages: readonly OutgoingMessage[];
}

export interface PackedCommands {
  /** One, unless a partition would get more than brokers take at once. */
  readonly parcels: readonly Parcel[];
  /** Those that no broker would take even alone. */
  readonly tooLarge: readonly OutgoingCommand[];
  /** Those whose participant is not registered. */
  readonly homeless: readonly OutgoingCommand[];
}

interface Piece {
  readonly commands: readonly OutgoingCommand[];
  readonly message: OutgoingMessage;
  readonly bytes: number;
}

/** What the headers of one record take, roughly and rather more. */
const HEADER_BYTES = 800;
const SHORT_CHARS = 1_000;
const BATCH_HEADERS = { 'content-type': BATCH_CONTENT_TYPE };

/**
 * Packs the commands of one flush: those of a participant that speaks batches share records, of the others
 * each has its own.
 *
 * @param at When they leave, ms since the epoch.
 */
export function packParcels(
  commands: readonly OutgoingCommand[],
  routes: KafkaRoutes,
  at: number,
): PackedCommands {
  const pieces: Piece[] = [];
  const tooLarge: OutgoingCommand[] = [];
  const homeless: OutgoingCommand[] = [];
  const shared = new Map<string, EncodedEvent<OutgoingCommand>[]>();
  for (const command of commands) {
    const { participant } = command;
    const mode = routes.modeOf(participant);
    if (mode === 'batch') {
      const text = encodeCommand(command, at);
      const bytes = atMostBytes(text);
      if (bytes > MAX_EVENT_BYTES) tooLarge.push(command);
      else pushTo(shared, participant, { item: command, text, bytes });
    } else {
      const piece = single(command, routes, at);
      if (piece === undefined) homeless.push(command);
      else if (piece.bytes > MAX_BATCH_BYTES) tooLarge.push(command);
      else pieces.push(piece);
    }
  }
  for (const [participant, events] of shared) {
    for (const { items, value, bytes } of packBatches(events)) {
      const place = routes.routeBatch(participant);
      if (!place) continue;
      const { topic, partition } = place;
      const message = { topic, partition, value, headers: BATCH_HEADERS };
      pieces.push({ commands: items, message, bytes });
    }
  }
  return { parcels: toParcels(pieces), tooLarge, homeless };
}

function single(command: OutgoingCommand, routes: KafkaRoutes, at: number): Piece | undefined {
  const { participant, transaction, body } = command;
  const place = routes.route(participant, transaction);
  if (!place) return undefined;
  const { topic, partition } = place;
  const headers = commandHeaders(command, at);
  // Spreading the place would cost more than its headers.
  const message = { topic, partition, key: transaction, value: body, headers };
  return { commands: [command], message, bytes: atMostBytes(body) + HEADER_BYTES };
}

/**
 * What a text takes in UTF-8: exactly, or, of a short one, rather more. Counting makes one text of all the
 * pieces that it was put together from, and a batch does that once for all.
 */
function atMostBytes(text: string): number {
  return text.length > SHORT_CHARS ? Buffer.byteLength(text) : text.length * 3;
}

/** Brokers limit what may go to a partition at once (1 MB by default), and kafkajs sends all of it. */
function toParcels(pieces: readonly Piece[]): Parcel[] {
  const parcels: Parcel[] = [];
  let commands: OutgoingCommand[] = [];
  let messages: OutgoingMessage[] = [];
  let sizes = new Map<string, number>();
  for (const piece of pieces) {
    const { topic, partition = -1 } = piece.message;
    const place = `${topic}/${partition}`;
    const size = (sizes.get(place) ?? 0) + piece.bytes;
    if (size > MAX_BATCH_BYTES && sizes.has(place)) {
      parcels.push({ commands, messages });
      commands = [];
      messages = [];
      sizes = new Map([[place, piece.bytes]]);
    } else {
      sizes.set(place, size);
    }
    for (const command of piece.commands) commands.push(command);
    messages.push(piece.message);
  }
  if (messages.length > 0) parcels.push({ commands, messages });
  return parcels;
}
