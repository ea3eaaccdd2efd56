import type { INestApplication } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { DataSource } from 'typeorm';
import { CommandsEndpoint } from './http/commands-endpoint.js';
import { PreparedEndpoint } from './http/prepared-endpoint.js';
import { openKafka } from './kafka/open-kafka.js';
import { SkaldServer } from './server/skald-server.js';
import { DATA_SOURCE } from './tokens.js';

/**
 * Connects the app's handlers to the intakes of its `SkaldParticipantModule`, so that
 * `app.startAllMicroservices()` opens them.
 *
 * Global guards, pipes, interceptors and filters apply to handlers, too, if they were set before.
 * Call it before `app.listen()`, because the HTTP intake adds a route.
 *
 * @throws Error when HTTP is wanted and the app is not served by @nestjs/platform-fastify.
 */
export function connectParticipant(app: INestApplication): SkaldServer {
  const server = app.get(SkaldServer);
  if (server.settings.http) {
    const fastify = fastifyOf(app);
    server.addIntake(new CommandsEndpoint(fastify));
    new PreparedEndpoint(fastify, server);
  }
  const { kafka } = server.settings;
  if (kafka) server.addIntake(openKafka(kafka, server.settings, app.get<DataSource>(DATA_SOURCE)));
  app.connectMicroservice({ strategy: server }, { inheritAppConfig: true });
  return server;
}

/**
 * Connects the participant and opens its intakes: tables brought up to date, partitions in place,
 * consumers joined. The HTTP intake answers once `app.listen()` does.
 */
export async function startParticipant(app: INestApplication): Promise<SkaldServer> {
  const server = connectParticipant(app);
  await app.startAllMicroservices();
  return server;
}

function fastifyOf(app: INestApplication): FastifyInstance {
  const adapter = app.getHttpAdapter();
  if (adapter.getType() !== 'fastify') {
    throw new Error(
      'http: the app must be served by @nestjs/platform-fastify (or set http: false)',
    );
  }
  return adapter.getInstance() as FastifyInstance;
}
