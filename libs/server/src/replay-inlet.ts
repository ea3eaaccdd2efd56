import { CoordinatorError, decodeReply, fromHeaders, ProtocolError } from '@skald/core';
import type { StoredDeadLetter, Transport, TransportSink } from '@skald/engine';

const DURABLE_WITHIN_MS = 10_000;

/**
 * The way back in for dead letters: a transport without participants, whose only messages are replays.
 * Register it with the engine under a name of its own, and give its `replay` to the API.
 */
export class ReplayInlet implements Transport {
  private sink: TransportSink | undefined;

  start(sink: TransportSink): Promise<void> {
    this.sink = sink;
    return Promise.resolve();
  }

  send(): void {
    // No participant is registered for it.
  }

  stop(): Promise<void> {
    this.sink = undefined;
    return Promise.resolve();
  }

  health() {
    return { isReady: true, reasons: [] };
  }

  /**
   * Takes a letter in as if it arrived now; resolves when what follows from it is stored.
   *
   * @throws ProtocolError when it still cannot be understood, CoordinatorError STORE_UNAVAILABLE.
   */
  async replay({ headers, payload }: StoredDeadLetter): Promise<void> {
    const data = parsed(payload);
    const isBinary = headers['ce_specversion'] !== undefined;
    const reply = isBinary ? decodeReply(fromHeaders(headers), data) : decodeReply(data);
    const { sink } = this;
    if (!sink) throw new CoordinatorError('STORE_UNAVAILABLE', 'the coordinator is not running');
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        const detail = 'it is not known yet whether the letter was taken in';
        reject(new CoordinatorError('STORE_UNAVAILABLE', detail));
      }, DURABLE_WITHIN_MS);
      sink.replied(reply, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

function parsed(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8')) as unknown;
  } catch (cause) {
    throw new ProtocolError('the payload is not JSON', { cause });
  }
}
