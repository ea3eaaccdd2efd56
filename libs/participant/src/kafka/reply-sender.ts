import { MAX_BATCH_BYTES } from '@skald/core';
import type { Bus, OutgoingMessage } from '@skald/transport-kafka';

interface Waiting {
  readonly message: OutgoingMessage;
  readonly sent: () => void;
  readonly failed: (error: unknown) => void;
}

/** What the headers of one record take, roughly and rather more. */
const HEADER_BYTES = 800;

/** Sends replies together: while one send is under way the next ones gather, and leave at its end. */
export class ReplySender {
  private waiting: Waiting[] = [];
  private isSending = false;

  constructor(private readonly bus: Bus) {}

  /** Fulfils when the reply is acknowledged; after a rejection it may or may not have been written. */
  send(message: OutgoingMessage): Promise<void> {
    return new Promise((sent, failed) => {
      this.waiting.push({ message, sent, failed });
      if (!this.isSending) void this.sendAll();
    });
  }

  private async sendAll(): Promise<void> {
    this.isSending = true;
    // What finishes in the same turn leaves in the same record batch.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.sendSome(this.take());
    this.isSending = false;
  }

  private async sendSome(some: readonly Waiting[]): Promise<void> {
    try {
      await this.bus.send(some.map(({ message }) => message));
      for (const { sent } of some) sent();
    } catch (error) {
      for (const { failed } of some) failed(error);
    }
  }

  /** As many as brokers take at once (1 MB by default), at least one. */
  private take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { message } of this.waiting) {
      bytes += message.value.length + HEADER_BYTES;
      if (count > 0 && bytes > MAX_BATCH_BYTES) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }
}
