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
import { decodePosition, encodePosition } from './position.js';

const DEFAULT_POLL_MS = 250;
const HEARTBEAT_MS = 15_000;
const RETRY_MS = 1_000;

const StreamQuery = z.strictObject({
  definition: many(Name),
  status: many(z.enum(STATUSES as [Status, ...Status[]])),
  id: many(z.string()).describe('Of transactions.'),
  latest: Flag.describe('A change that a newer one of its transaction follows may be left out.'),
  lastEventId: z.string().max(4_000).optional().describe('Like the header `Last-Event-ID`.'),
});

type Wanted = (change: Change) => boolean;

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
      'one transaction come in order. Who shows states, not history, asks for `latest` and spares the ' +
      'coordinator most of the work. A comment line every 15 s. A stream that ends before its time ' +
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
    const source = { feed: this.feeds[query.latest ? 'latest' : 'all'], wanted: filterOf(query) };
    this.streams.refuseMore();
    if (request.method === 'HEAD') {
      await reply.type('text/event-stream').send();
      return;
    }
    await this.open(reply, source, position);
  }

  private async open(
    reply: FastifyReply,
    { feed, wanted }: { feed: ChangeFeed; wanted: Wanted },
    position: ReturnType<typeof decodePosition> | undefined,
  ): Promise<void> {
    const { raw } = reply;
    this.streams.add(raw);
    const outlet = new Outlet(raw);
    const listener = {
      changed: (change: Change) => {
        if (wanted(change)) outlet.write(eventOf(change));
      },
      lost: () => outlet.end('interrupted'),
    };
    const unsubscribe = await feed.subscribe(listener, position).catch((error: unknown) => {
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

/** Made once for all who get it at the same position. */
const MADE = new WeakMap<Change, string>();

function eventOf(change: Change): string {
  let event = MADE.get(change);
  if (event === undefined) MADE.set(change, (event = toEvent(change)));
  return event;
}

function toEvent({ position, at, id, definition, status, version, ...rest }: Change): string {
  const { type, step, direction } = rest;
  const shown = { id, definition, status, version, at: new Date(at).toISOString() };
  const data = JSON.stringify({ ...shown, type, step, direction });
  return `id: ${encodePosition(position)}\nevent: transaction\ndata: ${data}\n\n`;
}
