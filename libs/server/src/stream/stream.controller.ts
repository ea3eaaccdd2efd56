import { Controller, Get, Inject, Req, Res, type OnModuleDestroy } from '@nestjs/common';
import { STATUSES, type Status } from '@skald/core';
import type { Change, WantedChanges } from '@skald/engine';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Flag, many, queryOf } from '../http/query.js';
import { Name } from '../http/text.js';
import { Describe } from '../openapi/describe.js';
import { SERVER_OPTIONS, type ServerOptions } from '../options.js';
import { transactionIdIn } from '../transactions/start-request.js';
import { ChangeFeed } from './change-feed.js';
import { OpenStreams } from './open-streams.js';
import { Outlet } from './outlet.js';
import { decodePosition } from './position.js';
import { Teller } from './teller.js';

const DEFAULT_POLL_MS = 250;
const HEARTBEAT_MS = 15_000;
const RETRY_MS = 1_000;
/** Nobody reads more at each look, and who asks for the latest looks at states anyway. */
const MOST_LATEST = 50;

const StreamQuery = z.strictObject({
  definition: many(Name),
  status: many(z.enum(STATUSES as [Status, ...Status[]])),
  id: many(z.string()).describe('Of transactions.'),
  latest: Flag.describe('A change that a newer one of its transaction follows may be left out.'),
  lastEventId: z.string().max(4_000).optional().describe('Like the header `Last-Event-ID`.'),
});

type Wanted = (change: Change) => boolean;

interface Source {
  readonly feed: ChangeFeed;
  readonly most: number;
  readonly isWanted: Wanted;
}

/** Changes of transactions as they happen, as server-sent events. */
@Controller('v1/stream')
export class StreamController implements OnModuleDestroy {
  /** Each reads only while somebody listens to it. */
  private readonly feeds: Readonly<Record<WantedChanges, ChangeFeed>>;

  constructor(
    @Inject(SERVER_OPTIONS) options: ServerOptions,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
  ) {
    const { views, log, streamPollMs: pollMs = DEFAULT_POLL_MS } = options;
    const feedOf = (wanted: WantedChanges) => new ChangeFeed({ views, wanted, pollMs, log });
    this.feeds = { all: feedOf('all'), latest: feedOf('latest') };
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(Object.values(this.feeds).map((feed) => feed.close()));
    this.streams.endAll();
  }

  @Get()
  @Describe({
    summary: 'Changes as server-sent events; `event: transaction`',
    description:
      'Each event has an opaque id; `Last-Event-ID` goes on after it, at any coordinator. Changes of ' +
      'one transaction come in order. Who shows states, not history, asks for `latest`: what is ' +
      `overtaken may be left out, and of more than ${MOST_LATEST} changes at once only the number of the ` +
      'others comes, as `event: skipped`. A comment line every 15 s. A stream that ends before its time ' +
      'says why by `event: end`: `slow` when the client does not keep up, `interrupted` when the ' +
      'database cannot be read.',
    query: StreamQuery,
    headers: { 'Last-Event-ID': 'Goes on after this event.' },
    answers: {
      200: { description: 'A stream that does not end.', mediaType: 'text/event-stream' },
    },
    problems: ['OVERLOADED'],
  })
  async stream(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = queryOf(StreamQuery, request.query);
    const after = [request.headers['last-event-id'], query.lastEventId].flat().find(Boolean);
    const position = after === undefined ? undefined : decodePosition(after);
    const source = { ...this.sourceOf(query), isWanted: filterOf(query) };
    this.streams.refuseMore();
    if (request.method === 'HEAD') {
      await reply.type('text/event-stream').send();
      return;
    }
    await this.open(reply, source, position);
  }

  private sourceOf({ latest }: { latest: boolean }) {
    return latest
      ? { feed: this.feeds.latest, most: MOST_LATEST }
      : { feed: this.feeds.all, most: Infinity };
  }

  private async open(
    reply: FastifyReply,
    { feed, most, isWanted }: Source,
    position: ReturnType<typeof decodePosition> | undefined,
  ): Promise<void> {
    const { raw } = reply;
    this.streams.add(raw);
    const outlet = new Outlet(raw);
    const teller = new Teller({ outlet, isWanted, most });
    const unsubscribe = await feed.subscribe(teller, position).catch((error: unknown) => {
      this.streams.remove(raw);
      throw error;
    });
    reply.hijack();
    raw.writeHead(200, { ...reply.getHeaders(), ...HEAD } as Record<string, string>);
    outlet.open(`retry: ${RETRY_MS}\n: ready\n\n`);
    const heartbeat = setInterval(() => {
      outlet.write(': still here\n\n');
    }, HEARTBEAT_MS);
    const end = () => {
      clearInterval(heartbeat);
      unsubscribe();
      this.streams.remove(raw);
    };
    outlet.onEnd = end;
    raw.once('close', end);
    if (raw.destroyed) end();
  }
}

const HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

function filterOf({ definition, status, id }: z.output<typeof StreamQuery>): Wanted {
  const ids = id && new Set(id.map(transactionIdIn));
  return (change) =>
    (!definition || definition.includes(change.definition)) &&
    (!status || status.includes(change.status)) &&
    (!ids || ids.has(change.id));
}
