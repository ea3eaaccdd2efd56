import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Describe } from '../openapi/describe.js';
import { SERVER_OPTIONS, type ServerOptions } from '../options.js';
import { OpenStreams } from '../stream/open-streams.js';
import { Metrics } from './metrics.js';

/** What Prometheus scrapes. */
@Controller('metrics')
export class MetricsController {
  private readonly metrics: Metrics;

  constructor(
    @Inject(SERVER_OPTIONS) { coordinator }: ServerOptions,
    @Inject(OpenStreams) streams: OpenStreams,
  ) {
    const open = () => ({ open: streams.size, most: streams.most });
    this.metrics = new Metrics({ coordinator, streams: open });
  }

  @Get()
  @Describe({
    summary: 'Metrics of this coordinator in the text format of Prometheus',
    answers: { 200: { description: 'Metrics.', mediaType: 'text/plain' } },
  })
  async scrape(@Res() reply: FastifyReply): Promise<void> {
    const text = await this.metrics.text();
    await reply.type(this.metrics.contentType).header('cache-control', 'no-store').send(text);
  }
}
