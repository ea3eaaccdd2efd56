import { Catch, HttpException, Logger, type ArgumentsHost } from '@nestjs/common';
import type { ExceptionFilter } from '@nestjs/common';
import { CoordinatorError, pointerOf, PROBLEMS, type ProblemCode } from '@skald/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { throwError } from 'rxjs';
import { isUnreachable } from '../barrier/contention.js';

/**
 * Renders whatever goes wrong over HTTP as problem details (RFC 9457). What a handler of commands
 * throws is not its business and passes unchanged.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') return throwError(() => error);
    const http = host.switchToHttp();
    const { url } = http.getRequest<FastifyRequest>();
    const problem = problemOf(error);
    if (problem.code === 'INTERNAL') this.logger.error(error);
    return http
      .getResponse<FastifyReply>()
      .status(problem.status)
      .type('application/problem+json')
      .send({ ...problem, instance: url.split('?')[0] });
  }
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Turns what a schema found wrong with a request into the one error shape there is. */
export function requestInvalid(issues: readonly Issue[]): CoordinatorError {
  const errors = issues.map(({ message, path = [] }) => {
    const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
    return { pointer: pointerOf(keys), detail: message };
  });
  const detail = errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`).join('; ');
  return new CoordinatorError('REQUEST_INVALID', detail, { errors });
}

function problemOf(error: unknown) {
  const code = codeOf(error);
  const isInternal = code === 'INTERNAL';
  const { status, title } = PROBLEMS[code];
  const isTold = error instanceof Error && !isInternal;
  const errors = error instanceof CoordinatorError ? error.context.errors : undefined;
  return {
    type: `urn:skald:problem:${code}`,
    title: isInternal ? 'An error of the service itself' : title,
    status,
    code,
    detail: isTold ? error.message : 'An unexpected error; the log of the service has it',
    ...(errors && { errors }),
  };
}

const CODES: Readonly<Record<number, ProblemCode>> = {
  404: 'ROUTE_NOT_FOUND',
  409: 'STATE_FORBIDS',
  413: 'BODY_TOO_LARGE',
  415: 'MEDIA_TYPE_UNSUPPORTED',
  503: 'STORE_UNAVAILABLE',
};

function codeOf(error: unknown): ProblemCode {
  if (error instanceof CoordinatorError) return error.code;
  if (isUnreachable(error)) return 'STORE_UNAVAILABLE';
  const status = statusOf(error);
  return CODES[status] ?? (status >= 400 && status < 500 ? 'REQUEST_INVALID' : 'INTERNAL');
}

/** Nest's own exceptions and Fastify's (of its body parser, say) both carry a status. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { readonly statusCode?: unknown } | null | undefined)?.statusCode;
  return typeof status === 'number' ? status : 500;
}
