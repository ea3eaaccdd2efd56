import { Logger } from '@nestjs/common';
import {
  BATCH_CONTENT_TYPE,
  decodeCommand,
  encodeReply,
  eventsOf,
  MAX_BATCH_BYTES,
  ProtocolError,
  type CommandEvent,
  type FieldError,
} from '@skald/core';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Intake, IntakeHealth, SkaldServer } from '../server/skald-server.js';
import { MAX_DEPTH, parseJson } from '../json.js';
import { fromFastify, refuse, RequestRefused } from './problem.js';

/** Where the coordinator posts envelopes of commands. */
const COMMANDS_PATH = '/skald/v1/commands';

const BODY_LIMIT_BYTES = 1024 * 1024;
const EXPECTED = { mediaType: BATCH_CONTENT_TYPE, maxBytes: MAX_BATCH_BYTES };
/** The array and the event around `data`. */
const ENVELOPE_DEPTH = 2;

/**
 * The HTTP intake: an envelope of 1 to 100 commands in, one reply per command out, in the same order.
 * An envelope that cannot be read is refused whole, before anything of it is carried out.
 */
export class CommandsEndpoint implements Intake {
  private readonly logger = new Logger('SkaldHttp');
  private server: SkaldServer | undefined;
  private underWay = 0;
  private whenQuiet: (() => void) | undefined;

  constructor(fastify: FastifyInstance) {
    // A scope of its own: the app's parsers and error handler stay as they are.
    void fastify.register((scope, _options, done) => {
      this.serve(scope);
      done();
    });
  }

  open(server: SkaldServer): Promise<void> {
    this.server = server;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.server = undefined;
    if (this.underWay === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenQuiet = resolve;
    });
  }

  health(): IntakeHealth {
    const isReady = this.server !== undefined;
    return { isReady, reasons: isReady ? [] : ['http: is starting or stopping'] };
  }

  private serve(scope: FastifyInstance): void {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      BATCH_CONTENT_TYPE,
      { parseAs: 'buffer' },
      (_request, body, done) => {
        done(null, body);
      },
    );
    scope.setErrorHandler((error, request, reply) => this.refuse(error, request.url, reply));
    scope.post(COMMANDS_PATH, { bodyLimit: BODY_LIMIT_BYTES }, async (request, reply) => {
      this.enter(reply);
      const replies = await this.carryOut(request.body);
      return reply.header('content-type', BATCH_CONTENT_TYPE).send(replies);
    });
  }

  private async carryOut(body: unknown): Promise<string> {
    const { server } = this;
    if (!server) throw new RequestRefused('OVERLOADED', 'the participant is starting or stopping');
    const commands = decodeEnvelope(body);
    const queued = commands.filter((command) => server.isQueued(command));
    if (queued.length > server.room) {
      throw new RequestRefused('OVERLOADED', 'too many commands are waiting');
    }
    const { participant } = server.settings;
    const replies = await Promise.all(server.carryOutAll(commands));
    const at = Date.now();
    const events = commands.map((command, index) => {
      const reply = replies[index];
      if (!reply) throw new Error(`no reply to ${command.id}`);
      return encodeReply(command, participant, { reply, at });
    });
    return `[${events.join(',')}]`;
  }

  /** Counts until the answer has left or the connection is lost, so that closing cuts nobody off. */
  private enter(reply: FastifyReply): void {
    this.underWay++;
    reply.raw.once('close', () => {
      this.underWay--;
      if (this.underWay === 0) this.whenQuiet?.();
    });
  }

  private refuse(error: unknown, instance: string, reply: FastifyReply): FastifyReply {
    const refused = error instanceof RequestRefused ? error : fromFastify(error, EXPECTED);
    if (refused.status === 500) this.logger.error(error);
    return refuse(refused, instance, reply);
  }
}

/** @throws RequestRefused naming every event that is no command. */
function decodeEnvelope(body: unknown): CommandEvent[] {
  const events = parseEnvelope(body);
  const errors: FieldError[] = [];
  const commands = events.flatMap((event, index) => {
    try {
      return [decodeCommand(event)];
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      errors.push({ pointer: `/${index}`, detail: error.message });
      return [];
    }
  });
  if (errors.length === 0) return commands;
  const detail = errors.map((error) => `${error.pointer}: ${error.detail}`).join('; ');
  throw new RequestRefused('REQUEST_INVALID', detail, errors);
}

function parseEnvelope(body: unknown): readonly unknown[] {
  if (!Buffer.isBuffer(body)) throw new RequestRefused('REQUEST_INVALID', 'the body is empty');
  if (body.length > MAX_BATCH_BYTES) throw tooLarge(MAX_BATCH_BYTES);
  try {
    return eventsOf(parseJson(body, MAX_DEPTH + ENVELOPE_DEPTH));
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new RequestRefused('REQUEST_INVALID', error.message);
  }
}

function tooLarge(limitBytes: number): RequestRefused {
  return new RequestRefused('BODY_TOO_LARGE', `at most ${limitBytes} bytes`);
}
