import type { FieldError } from '@skald/core';

const PROBLEMS = {
  REQUEST_INVALID: { status: 400, title: 'The request is not an envelope of commands' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is larger than the limit' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'The media type is not supported' },
  INTERNAL: { status: 500, title: 'An error of the participant itself' },
  OVERLOADED: { status: 503, title: 'The participant takes no more work right now' },
} as const;

/** Why a whole envelope was refused; nothing of it was carried out. */
export class EnvelopeRefused extends Error {
  override readonly name = 'EnvelopeRefused';

  constructor(
    readonly code: keyof typeof PROBLEMS,
    detail: string,
    readonly errors?: readonly FieldError[],
  ) {
    super(detail);
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  /** RFC 9457 problem details. */
  toProblem(instance: string) {
    const { status, title } = PROBLEMS[this.code];
    return {
      type: `urn:skald:problem:${this.code}`,
      title,
      status,
      code: this.code,
      detail: this.message,
      instance,
      ...(this.errors && { errors: this.errors }),
    };
  }
}
