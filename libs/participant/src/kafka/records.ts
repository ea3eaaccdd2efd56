import {
  asResolveOrder,
  decodeCommand,
  eventsOf,
  fromHeaders,
  isBatchType,
  ProtocolError,
  RESOLVE_TYPE,
  type CommandEvent,
  type ResolveOrder,
} from '@skald/core';
import type { BusMessage } from '@skald/transport-kafka';
import { MAX_DEPTH, parseJson } from '../json.js';

/** Something in a record that is no command. */
export interface Unreadable {
  /** The entry of a batch, from 1; 0 = the whole record. */
  readonly entry: number;
  readonly value: Buffer;
  readonly error: ProtocolError;
}

/** What a record holds: an order of an operator, or commands in one of the two content forms. */
export interface Contents {
  readonly order?: ResolveOrder;
  /** Whether it came in batch content form, and so is answered in it. */
  readonly isBatch: boolean;
  readonly commands: readonly CommandEvent[];
  readonly unreadable: readonly Unreadable[];
}

/** The array and the event around `data`. */
const BATCH_DEPTH = 2;

/** What a record holds. An entry of a batch that cannot be read is put aside alone. Never throws. */
export function readRecord({ headers, value }: BusMessage): Contents {
  try {
    if (isBatchType(headers['content-type'])) return readBatch(value);
    const attributes = fromHeaders(headers);
    const data = parseJson(value, MAX_DEPTH);
    const nothing = { isBatch: false, commands: [], unreadable: [] };
    if (attributes['type'] !== RESOLVE_TYPE) {
      return { ...nothing, commands: [decodeCommand(attributes, data)] };
    }
    const order = asResolveOrder(data);
    if (order) return { ...nothing, order };
    throw new ProtocolError('data: expected an order to resolve');
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { isBatch: false, commands: [], unreadable: [{ entry: 0, value, error }] };
  }
}

function readBatch(value: Buffer): Contents {
  const commands: CommandEvent[] = [];
  const unreadable: Unreadable[] = [];
  for (const [index, event] of eventsOf(parseJson(value, MAX_DEPTH + BATCH_DEPTH)).entries()) {
    try {
      commands.push(decodeCommand(event));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      unreadable.push({ entry: index + 1, value: Buffer.from(JSON.stringify(event)), error });
    }
  }
  return { isBatch: true, commands, unreadable };
}
