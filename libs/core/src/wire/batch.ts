import { ProtocolError } from '../errors.js';
import { BATCH_CONTENT_TYPE, MAX_BATCH_BYTES, MAX_BATCH_COMMANDS } from './command.js';

/** An event that is to travel with others. */
export interface EncodedEvent<Item> {
  /** What it is of, for whoever has to know what a batch carries. */
  readonly item: Item;
  /** Structured JSON. */
  readonly text: string;
  /** Of `text` in UTF-8, or more. */
  readonly bytes: number;
}

/** Events in batch content form (CloudEvents JSON batch format). */
export interface EventBatch<Item> {
  readonly items: readonly Item[];
  /** A JSON array. */
  readonly value: string;
  readonly bytes: number;
}

/** What an event may take to fit into a batch, if need be alone. */
export const MAX_EVENT_BYTES = MAX_BATCH_BYTES - 2;

/**
 * Packs events, in order, into as few batches as the limits of a batch allow: 100 events, 512 KB. One that
 * is larger than `MAX_EVENT_BYTES` is for the caller to leave out: it would make a batch that is too large.
 */
export function packBatches<Item>(events: Iterable<EncodedEvent<Item>>): EventBatch<Item>[] {
  const batches: EventBatch<Item>[] = [];
  let items: Item[] = [];
  let text = '';
  let bytes = 1;
  const close = () => {
    if (items.length === 0) return;
    batches.push({ items, value: `${text}]`, bytes });
    items = [];
    text = '';
    bytes = 1;
  };
  for (const event of events) {
    if (items.length >= MAX_BATCH_COMMANDS || bytes + event.bytes + 1 > MAX_BATCH_BYTES) close();
    items.push(event.item);
    text += `${text === '' ? '[' : ','}${event.text}`;
    bytes += event.bytes + 1;
  }
  close();
  return batches;
}

/** Whether a content type, parameters and all, is that of a batch. */
export function isBatchType(contentType: string | undefined): boolean {
  if (contentType === BATCH_CONTENT_TYPE) return true;
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === BATCH_CONTENT_TYPE;
}

/** The events of a batch from its parsed JSON. @throws ProtocolError when they are none, or too many. */
export function eventsOf(batch: unknown): readonly unknown[] {
  if (!Array.isArray(batch) || batch.length === 0 || batch.length > MAX_BATCH_COMMANDS) {
    throw new ProtocolError(`expected an array of 1 to ${MAX_BATCH_COMMANDS} events`);
  }
  return batch;
}
