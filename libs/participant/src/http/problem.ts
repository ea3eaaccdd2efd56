import type { FieldError } from '@skald/core';
import type { FastifyReply } from 'fastify';

const PROBLEMS = {
  REQUEST_INVALID: { status: 400, title: 'The request cannot be read' },
  UNAUTHORIZED: { status: 401, title: 'The shared secret is missing or wrong' },
  ROUTE_NOT_FOUND: { status: 404, title: 'No such resource' },
  PREPARED_NOT_FOUND: { status: 404, title: 'No such prepared transaction' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is larger than the limit' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'The media type is not supported' },
  INTERNAL: { status: 500, title: 'An error of the participant itself' },
  OVERLOADED: { status: 503, title: 'The participant takes no more work right now' },
  NOT_NOW: { status: 503, title: 'This cannot be done at this moment' },
} as const;

/** Why a request was refused whole; nothing of it was carried out. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';

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

/** Answers a request that went wrong: problem details, and when asking again makes sense. */
export function refuse(error: RequestRefused, instance: string, reply: FastifyReply): FastifyReply {
  if (error.status === 503) void reply.header('retry-after', '1');
  if (error.status === 401) void reply.header('www-authenticate', 'Bearer');
  return reply
    .code(error.status)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify(error.toProblem(instance)));
}

/** What Fastify itself refuses: before our handler, by status. */
export function fromFastify(
  error: unknown,
  expected: { readonly mediaType: string; readonly maxBytes: number },
): RequestRefused {
  const { statusCode } = error as { readonly statusCode?: number };
  if (statusCode === 413) {
    return new RequestRefused('BODY_TOO_LARGE', `at most ${expected.maxBytes} bytes`);
  }
  if (statusCode === 415) {
    return new RequestRefused('MEDIA_TYPE_UNSUPPORTED', `expected ${expected.mediaType}`);
  }
  if (statusCode !== undefined && statusCode < 500 && error instanceof Error) {
    return new RequestRefused('REQUEST_INVALID', error.message);
  }
  return new RequestRefused('INTERNAL', 'an unexpected error');
}
