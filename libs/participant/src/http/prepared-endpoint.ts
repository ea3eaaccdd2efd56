import { createHash, timingSafeEqual } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { asResolveOrder, ProtocolError, type Resolved } from '@skald/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isUnreachable } from '../barrier/contention.js';
import { NotNow } from '../errors.js';
import { MAX_DEPTH, parseJson } from '../json.js';
import type { SkaldServer } from '../server/skald-server.js';
import { fromFastify, refuse, RequestRefused } from './problem.js';

/** Where the coordinator looks at what is prepared here. */
const PREPARED_PATH = '/skald/v1/prepared';
const BODY_LIMIT_BYTES = 16 * 1024;
const EXPECTED = { mediaType: 'application/json', maxBytes: BODY_LIMIT_BYTES };

/**
 * What is prepared here, to look at and to finish, for whoever knows the shared secret. Without a
 * secret there is nothing here.
 */
export class PreparedEndpoint {
  private readonly logger = new Logger('SkaldHttp');
  private readonly digest: Buffer | undefined;

  constructor(
    fastify: FastifyInstance,
    private readonly server: SkaldServer,
  ) {
    const { secret } = server.settings;
    this.digest = secret === undefined ? undefined : digestOf(secret);
    // A scope of its own: the app's parsers and error handler stay as they are.
    void fastify.register((scope, _options, done) => {
      this.serve(scope);
      done();
    });
  }

  private serve(scope: FastifyInstance): void {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      EXPECTED.mediaType,
      { parseAs: 'buffer' },
      (_request, body, done) => {
        done(null, body);
      },
    );
    scope.setErrorHandler((error, request, reply) => this.refuse(error, request.url, reply));
    // Before the body is read: a stranger's is none of our business.
    scope.addHook('onRequest', (request, _reply, done) => {
      done(this.objection(request));
    });
    scope.get(PREPARED_PATH, () => this.server.preparedReport());
    scope.post(`${PREPARED_PATH}/resolve`, { bodyLimit: BODY_LIMIT_BYTES }, ({ body }) =>
      this.resolve(body),
    );
  }

  private async resolve(body: unknown): Promise<Resolved> {
    const order = asResolveOrder(readJson(body));
    if (!order) {
      const detail = 'expected { "gid", "outcome": "commit" | "abort", "by", "reason" }';
      throw new RequestRefused('REQUEST_INVALID', detail);
    }
    const resolved = await this.server.resolve(order);
    if (resolved) return resolved;
    throw new RequestRefused('PREPARED_NOT_FOUND', `nothing is prepared as ${order.gid}`);
  }

  private objection({ headers, url }: FastifyRequest): RequestRefused | undefined {
    if (!this.digest) return new RequestRefused('ROUTE_NOT_FOUND', `there is no ${url}`);
    const [, given = ''] = /^Bearer (\S+)$/i.exec(headers.authorization ?? '') ?? [];
    // Digests are of one length: comparing takes as long whatever was given.
    if (timingSafeEqual(this.digest, digestOf(given))) return undefined;
    return new RequestRefused('UNAUTHORIZED', 'expected "authorization: Bearer <shared secret>"');
  }

  private refuse(error: unknown, instance: string, reply: FastifyReply): FastifyReply {
    const refused = refusedBy(error);
    if (refused.status === 500) this.logger.error(error);
    return refuse(refused, instance, reply);
  }
}

function refusedBy(error: unknown): RequestRefused {
  if (error instanceof RequestRefused) return error;
  if (error instanceof NotNow) return new RequestRefused('NOT_NOW', error.message);
  if (isUnreachable(error)) {
    return new RequestRefused('NOT_NOW', 'the database cannot be reached');
  }
  return fromFastify(error, EXPECTED);
}

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function readJson(body: unknown): unknown {
  if (!Buffer.isBuffer(body)) throw new RequestRefused('REQUEST_INVALID', 'the body is empty');
  try {
    return parseJson(body, MAX_DEPTH);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new RequestRefused('REQUEST_INVALID', error.message);
  }
}
