import { BATCH_CONTENT_TYPE, MAX_BATCH_BYTES, MAX_BATCH_COMMANDS, packBatches } from '@skald/core';
import type { EncodedEvent } from '@skald/core';
import type { Bus, OutgoingMessage } from '@skald/transport-kafka';

/** A reply that may share its record with others to the same partition. */
export interface BatchedReply {
  readonly topic: string;
  readonly partition: number;
  /** A structured JSON event. */
  readonly event: string;
}

interface Waiting {
  readonly reply: OutgoingMessage | BatchedReply;
  readonly bytes: number;
  readonly sent: () => void;
  readonly failed: (error: unknown) => void;
}

/** What the headers of one record take, roughly and rather more. */
const HEADER_BYTES = 800;
const BATCH_HEADERS = { 'content-type': BATCH_CONTENT_TYPE };
/** One that is on its way, and more only when a whole record of replies waits. */
const MAX_UNDER_WAY = 3;

/** Sends replies together: while one send is under way the next ones gather, and leave at its end. */
export class ReplySender {
  private waiting: Waiting[] = [];
  private underWay = 0;
  private isScheduled = false;

  constructor(private readonly bus: Pick<Bus, 'send'>) {}

  /** Fulfils when the reply is acknowledged; after a rejection it may or may not have been written. */
  send(reply: OutgoingMessage | BatchedReply): Promise<void> {
    return new Promise((sent, failed) => {
      const bytes =
        'event' in reply
          ? Buffer.byteLength(reply.event)
          : Buffer.byteLength(reply.value) + HEADER_BYTES;
      this.waiting.push({ reply, bytes, sent, failed });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.isScheduled || !this.maySend()) return;
    this.isScheduled = true;
    // What finishes in the same turn leaves in the same record batch.
    setImmediate(() => {
      this.isScheduled = false;
      while (this.maySend()) void this.sendSome(this.take());
    });
  }

  private maySend(): boolean {
    if (this.waiting.length === 0) return false;
    if (this.underWay === 0) return true;
    return this.underWay < MAX_UNDER_WAY && this.waiting.length >= MAX_BATCH_COMMANDS;
  }

  private async sendSome(some: readonly Waiting[]): Promise<void> {
    this.underWay++;
    try {
      await this.bus.send(toMessages(some));
      for (const { sent } of some) sent();
    } catch (error) {
      for (const { failed } of some) failed(error);
    }
    this.underWay--;
    this.schedule();
  }

  /** As many as brokers take at once (1 MB by default), at least one. */
  private take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const next of this.waiting) {
      bytes += next.bytes;
      if (count > 0 && bytes > MAX_BATCH_BYTES) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }
}

/** One record for each reply in binary form, and as few as can be for those to share one. */
function toMessages(some: readonly Waiting[]): OutgoingMessage[] {
  const messages: OutgoingMessage[] = [];
  const shared = new Map<string, { first: BatchedReply; events: EncodedEvent<BatchedReply>[] }>();
  for (const { reply, bytes } of some) {
    if (!('event' in reply)) {
      messages.push(reply);
      continue;
    }
    const event = { item: reply, text: reply.event, bytes };
    const place = `${reply.topic}/${reply.partition}`;
    const sharing = shared.get(place);
    if (sharing) sharing.events.push(event);
    else shared.set(place, { first: reply, events: [event] });
  }
  for (const { first, events } of shared.values()) {
    const { topic, partition } = first;
    for (const { value } of packBatches(events)) {
      messages.push({ topic, partition, value, headers: BATCH_HEADERS });
    }
  }
  return messages;
}
