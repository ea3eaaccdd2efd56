import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CoordinatorError, PROBLEMS } from '@skald/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { serveDashboard, type DashboardOptions } from '../dashboard/serve-dashboard.js';
import { guardDoors } from './doors.js';
import { parseJsonBody } from './json-body.js';
import { answerMethodNotAllowed } from './methods.js';
import { problemOf } from './problem.js';
import { setSecurityHeaders } from './security-headers.js';

/** Largest request body, bytes. */
const BODY_LIMIT_BYTES = 262_144;
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
const CHECK_TIMEOUTS_EVERY_MS = 2_000;
const KEEP_ALIVE_MS = 72_000;
const MAX_PARAMETER_CHARS = 500;
const DEFAULT_MAX_CONNECTIONS = 4096;

export interface AdapterOptions {
  readonly allowedHosts?: readonly string[] | undefined;
  readonly maxConnections?: number | undefined;
  readonly dashboard?: DashboardOptions | undefined;
}

/** Fastify under Nest with its doors closed: limits, one body format, headers, host and origin checks. */
export function createAdapter(options: AdapterOptions): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    routerOptions: { maxParamLength: MAX_PARAMETER_CHARS },
    forceCloseConnections: true,
    skipMiddie: true, // There is no Nest middleware, which it would look for at each request.
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_TIMEOUTS_EVERY_MS,
    },
    clientErrorHandler: (error, socket) => {
      refuseUnreadable(error, socket);
    },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const [path = '/'] = request.url.split('?', 1);
      const { problem } = problemOf(error, path);
      const { status } = problem;
      void reply.code(status).header('content-type', PROBLEM_JSON).send(JSON.stringify(problem));
    },
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  fastify.server.maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
  acceptOnlyJson(fastify);
  setSecurityHeaders(fastify); // First, so that refusals carry them, too.
  guardDoors(fastify, options.allowedHosts ?? []);
  answerMethodNotAllowed(fastify);
  if (options.dashboard) serveDashboard(fastify, options.dashboard);
  return adapter;
}

const PROBLEM_JSON = 'application/problem+json';

function acceptOnlyJson(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT_BYTES },
    (_request, body, done) => {
      try {
        done(null, parseJsonBody(body as Buffer));
      } catch (error) {
        done(error as CoordinatorError);
      }
    },
  );
}

/** Bytes that are no HTTP, headers beyond the limit, a request that never ended: one answer, then the end. */
function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = new CoordinatorError('REQUEST_INVALID', 'the request could not be read as HTTP');
  const body = JSON.stringify(problemOf(refusal, '/').problem);
  const { status } = PROBLEMS.REQUEST_INVALID;
  socket.end(
    `HTTP/1.1 ${status} Bad Request\r\ncontent-type: ${PROBLEM_JSON}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
