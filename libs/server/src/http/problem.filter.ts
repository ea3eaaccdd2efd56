import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SERVER_OPTIONS, type ServerOptions } from '../options.js';
import { problemOf } from './problem.js';

/** Renders everything that is thrown, wherever, as problem details (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(SERVER_OPTIONS) private readonly options: ServerOptions) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const [path = '/'] = request.url.split('?', 1);
    const { problem, retryAfterSeconds, isUnexpected } = problemOf(error, path);
    if (isUnexpected) {
      this.options.log?.error('request failed', { path, error: describe(error) });
    }
    if (reply.sent || reply.raw.headersSent) return;
    if (retryAfterSeconds !== undefined) void reply.header('retry-after', retryAfterSeconds);
    void reply
      .code(problem.status)
      .header('content-type', 'application/problem+json')
      .send(JSON.stringify(problem));
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
