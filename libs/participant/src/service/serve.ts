import { StandardSchemaValidationPipe, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ProblemFilter, requestInvalid } from './problem.filter.js';
import type { Service } from './run-service.js';

const BODY_LIMIT_BYTES = 262_144;
const REQUEST_TIMEOUT_MS = 30_000;

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
} as const;

interface ServeOptions {
  /** The service's root module; it must import `SkaldParticipantModule`. */
  readonly module: DynamicModule;
  readonly host: string;
  /** 0 = a free one. */
  readonly port: number;
}

/**
 * Serves a Nest module over HTTP (Fastify), with problem details for every error and security
 * headers on every answer, and hands it the commands of every transport its module names.
 */
export async function serve({ module, host, port }: ServeOptions): Promise<Service> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });
  adapter.getInstance().addHook('onSend', async (_request, reply) => {
    await Promise.resolve(reply.headers(SECURITY_HEADERS));
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: ['error', 'warn', 'fatal'],
    abortOnError: false,
    forceCloseConnections: true,
  });
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(new StandardSchemaValidationPipe({ exceptionFactory: requestInvalid }));
  try {
    await app.listen(port, host);
  } catch (error) {
    await app.close();
    throw error;
  }
  const address = app.getHttpServer().address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    stop: () => app.close(),
  };
}
