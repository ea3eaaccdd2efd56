/**
 * A handler's no: the step did nothing and, where a no is final, never will. Whatever the handler
 * wrote is rolled back; the refusal is stored and answered again to every repeat.
 *
 * `reason` is a code that callers see (`out-of-stock`), `detail` a sentence for people.
 */
export class StepRejected extends Error {
  override readonly name = 'StepRejected';

  constructor(
    readonly reason: string,
    readonly detail?: string,
  ) {
    super(detail ?? reason);
  }
}

/** Trouble that may pass: everything is rolled back, and the command comes again after `afterMs`. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';

  constructor(
    readonly afterMs: number,
    readonly reason = 'retry-later',
  ) {
    super(reason);
  }
}

/** The handler and its database transaction took longer than the limit; the connection was cut. */
export class HandlerTimeout extends Error {
  override readonly name = 'HandlerTimeout';

  constructor(readonly limitMs: number) {
    super(`the handler took longer than ${limitMs} ms`);
  }
}

/** A request or a reply that does not fit the contract. Nothing is stored. */
export class ContractBroken extends Error {
  override readonly name = 'ContractBroken';

  constructor(
    readonly reason: 'request-invalid' | 'reply-invalid',
    detail: string,
  ) {
    super(detail);
  }
}

/** Nothing was done, for a reason that may pass: the reply is `failed` with it, and the command comes again. */
export class NotNow extends Error {
  override readonly name = 'NotNow';
  readonly afterMs: number | undefined;

  constructor(
    readonly reason: string,
    detail: string,
    { afterMs, ...options }: ErrorOptions & { readonly afterMs?: number } = {},
  ) {
    super(detail, options);
    this.afterMs = afterMs;
  }
}
