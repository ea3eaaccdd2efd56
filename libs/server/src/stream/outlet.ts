import type { ServerResponse } from 'node:http';

/** A client that lets this much pile up is cut off; it resumes from the last event it got. */
const MAX_BUFFERED_BYTES = 1_048_576;
/** How long a client that is cut off may take to read what is left. */
const GRACE_MS = 5_000;

/** Why a stream ends before its time. */
export type EndReason = 'slow' | 'interrupted';

/** The way of events to one client. What comes in one turn leaves in one piece. */
export class Outlet {
  /** Called once, when it is ended from here. */
  onEnd: () => void = () => undefined;
  private pending: string[] = [];
  private isOpen = false;
  private ended: EndReason | undefined;
  private isScheduled = false;

  constructor(private readonly raw: ServerResponse) {}

  /** Once the headers are sent. What was written before follows `head`. */
  open(head: string): void {
    this.isOpen = true;
    this.pending.unshift(head);
    this.flush();
  }

  write(text: string): void {
    if (this.ended) return;
    this.pending.push(text);
    if (this.isScheduled || !this.isOpen) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.flush();
    });
  }

  /** Says why, so that a client need not guess. */
  end(reason: EndReason): void {
    if (this.ended) return;
    this.ended = reason;
    this.flush();
    this.onEnd();
  }

  private flush(): void {
    const { raw } = this;
    if (!this.isOpen || raw.writableEnded) return;
    if (raw.writableLength > MAX_BUFFERED_BYTES) {
      this.pending = [];
      this.end('slow');
    }
    const text = this.pending.join('');
    this.pending = [];
    if (this.ended) this.close(text);
    else if (text !== '') raw.write(text);
  }

  private close(text: string): void {
    const { raw, ended } = this;
    if (raw.writableEnded) return;
    raw.end(`${text}event: end\ndata: {"reason":"${ended ?? ''}"}\n\n`);
    setTimeout(() => raw.destroy(), GRACE_MS).unref();
  }
}
