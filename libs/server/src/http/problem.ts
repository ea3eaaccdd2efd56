import { HttpException } from '@nestjs/common';
import { CoordinatorError, PROBLEMS, type FieldError, type ProblemCode } from '@skald/core';
import { StoreError } from '@skald/engine';

/** An error as the API answers it: problem details (RFC 9457). Never carries a stack. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly instance: string;
  readonly errors?: readonly FieldError[];
}

export interface ProblemAnswer {
  readonly problem: Problem;
  /** Seconds, for the `Retry-After` header. */
  readonly retryAfterSeconds: number | undefined;
  /** Whether it is our own fault and belongs into the log. */
  readonly isUnexpected: boolean;
}

const DEFAULT_RETRY_AFTER_SECONDS = 1;

/** The answer to anything that was thrown while `instance` (a path) was served. */
export function problemOf(error: unknown, instance: string): ProblemAnswer {
  const { code, detail, errors, retryAfterSeconds } = sourceOf(error);
  const { status, title } = PROBLEMS[code];
  const wait = retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS;
  return {
    problem: {
      type: `urn:skald:problem:${code}`,
      title,
      status,
      code,
      detail,
      instance,
      ...(errors && { errors }),
    },
    retryAfterSeconds: status === 503 ? Math.max(1, Math.ceil(wait)) : undefined,
    isUnexpected: code === 'INTERNAL',
  };
}

interface Source {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly FieldError[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

const INTERNAL: Source = {
  code: 'INTERNAL',
  detail: 'an unexpected error; the log of this coordinator has it',
};

function sourceOf(error: unknown): Source {
  if (error instanceof CoordinatorError) {
    const { errors, retryAfterSeconds } = error.context;
    return { code: error.code, detail: error.message, errors, retryAfterSeconds };
  }
  if (error instanceof StoreError && error.kind !== 'data') {
    return { code: 'STORE_UNAVAILABLE', detail: 'the database did not answer; try again' };
  }
  if (error instanceof HttpException) return ofStatus(error.getStatus(), error.message);
  const status = statusIn(error);
  return status === undefined ? INTERNAL : ofStatus(status, (error as Error).message);
}

/** Errors of Fastify and its plugins carry a status. */
function statusIn(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

const OF_STATUS: Readonly<Record<number, ProblemCode>> = {
  404: 'ROUTE_NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'BODY_TOO_LARGE',
  415: 'MEDIA_TYPE_UNSUPPORTED',
  503: 'OVERLOADED',
};

function ofStatus(status: number, message: string): Source {
  const code = OF_STATUS[status];
  if (code) return { code, detail: message };
  if (status < 400 || status >= 500) return INTERNAL;
  return { code: 'REQUEST_INVALID', detail: message };
}
