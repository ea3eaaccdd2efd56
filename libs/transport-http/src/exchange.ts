import type { Dispatcher, Pool } from 'undici';

/** One request to a participant, path below its origin. */
export interface HttpRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Name, value, name, value …, in lower case. */
  readonly headers: string[];
  readonly body: string | Uint8Array;
}

/** A whole answer, whatever its status. */
export interface HttpAnswer {
  readonly kind: 'answered';
  readonly status: number;
  /** Lower case, without parameters; empty when there is none. */
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** How an exchange ended. */
export type Ending =
  | HttpAnswer
  /** Not a byte of it was written: the participant cannot know of it. */
  | { readonly kind: 'not-sent'; readonly code: string }
  /** Something was written: whether the participant acted on it is unknown. */
  | {
      readonly kind: 'lost';
      readonly reason: 'timeout' | 'connection-lost' | 'response-too-large';
    }
  /** No HTTP request can be made of it, now or ever. */
  | { readonly kind: 'unsendable'; readonly detail: string };

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * One request and its answer. `onEnd` is called exactly once, never from within `begin`, and at the
 * latest when the time is over: undici's own timeouts watch for pauses only, so a body that drips for
 * ever would pass them.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #onEnd: (ending: Ending) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isBeginning = true;
  #isOver = false;
  #status = 0;
  #contentType = '';
  #retryAfter: string | undefined;
  #first: Buffer | undefined;
  #rest: Buffer[] | undefined;

  constructor(onEnd: (ending: Ending) => void) {
    this.#onEnd = onEnd;
  }

  /** Sends `request`; at the end of `timeoutMs` (from now, waiting for a connection included) it is aborted. */
  begin(pool: Pool, request: HttpRequest, timeoutMs: number): void {
    const { method, path, headers, body } = request;
    this.#timer = setTimeout(
      () => {
        this.cut('timeout');
      },
      Math.min(timeoutMs, LONGEST_TIMER_MS),
    );
    pool.dispatch({ method, path, headers, body, headersTimeout: 0, bodyTimeout: 0 }, this);
    this.#isBeginning = false;
  }

  /** Ends it now, if it has not ended. */
  cut(why: 'timeout' | 'connection-lost'): void {
    if (this.#isOver) return;
    this.#end(this.#controller ? { kind: 'lost', reason: why } : { kind: 'not-sent', code: why });
    this.#controller?.abort(new Error(why));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Its time ran out in the queue, and that was reported as not sent: so it must not be.
    if (this.#isOver) controller.abort(new Error('timeout'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status;
    this.#contentType = mediaType(first(headers['content-type']));
    this.#retryAfter = first(headers['retry-after']);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#first) this.#first = chunk;
    else (this.#rest ??= [this.#first]).push(chunk);
  }

  onResponseEnd(): void {
    const body = this.#rest ? Buffer.concat(this.#rest) : this.#first;
    this.#end({
      kind: 'answered',
      status: this.#status,
      contentType: this.#contentType,
      retryAfter: this.#retryAfter,
      body: body === undefined ? '' : body.toString('utf8'),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const code = (error as NodeJS.ErrnoException).code ?? error.name;
    if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
      this.#end({ kind: 'lost', reason: 'response-too-large' });
    } else if (this.#controller) {
      this.#end({ kind: 'lost', reason: 'connection-lost' });
    } else if (code === 'UND_ERR_INVALID_ARG') {
      this.#end({ kind: 'unsendable', detail: error.message });
    } else {
      this.#end({ kind: 'not-sent', code });
    }
  }

  #end(ending: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (this.#isBeginning) {
      queueMicrotask(() => {
        this.#onEnd(ending);
      });
    } else {
      this.#onEnd(ending);
    }
  }
}

function first(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}

function mediaType(header = ''): string {
  const end = header.indexOf(';');
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
}
