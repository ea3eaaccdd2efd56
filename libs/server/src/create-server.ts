import type { LoggerService, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import fastifyStatic from '@fastify/static';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { createAdapter } from './http/adapter.js';
import type { ServerOptions } from './options.js';
import { SkaldModule } from './skald.module.js';

export interface CreateServerOptions extends ServerOptions {
  /** Gets what Nest itself says; nothing by default. */
  readonly nestLogger?: LoggerService;
}

/**
 * A Nest application with the API of a coordinator behind closed doors: body, depth and time limits,
 * Host and Origin checks, security headers, problem+json for everything. Call `listen` on it; bind
 * loopback only, as there is no authentication.
 */
export async function createServer(options: CreateServerOptions): Promise<NestFastifyApplication> {
  const { allowedHosts, maxConnections, dashboard, nestLogger = false } = options;
  const adapter = createAdapter({ allowedHosts, maxConnections, dashboard });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class that nobody instantiates
  const settings: NestApplicationOptions = {
    bodyParser: false, // The adapter has its own, for JSON alone.
    forceCloseConnections: true,
    abortOnError: false,
    logger: nestLogger,
  };
  const module = SkaldModule.forRoot(options);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, settings);
  await app.register(fastifyStatic, {
    root: dirname(require.resolve('swagger-ui-dist/package.json')),
    prefix: '/docs/assets/',
    index: false,
    decorateReply: false,
    allowedPath: (path) => UI_FILES.has(basename(path)),
  });
  return app;
}

const require = createRequire(import.meta.url);

const UI_FILES: ReadonlySet<string> = new Set([
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'favicon-32x32.png',
]);
