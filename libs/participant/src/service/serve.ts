import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { DynamicModule, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { startParticipant } from '../start-participant.js';
import { serviceLogger } from './logger.js';
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
  // With a callback: a reply of Fastify is thenable, and waiting for it here would wait for ever.
  adapter.getInstance().addHook('onSend', (_request, reply, payload, done) => {
    void reply.headers(SECURITY_HEADERS);
    done(null, payload);
  });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class that nobody instantiates
  const options: NestApplicationOptions = {
    logger: serviceLogger,
    abortOnError: false,
    forceCloseConnections: true,
  };
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, options);
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(new StandardSchemaValidationPipe({ exceptionFactory: requestInvalid }));
  try {
    await startParticipant(app);
    // Not app.listen(): it logs a port in use, which is told in one line by whoever started us.
    await app.init();
    await adapter.getInstance().listen({ port, host });
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
