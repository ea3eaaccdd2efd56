import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Describe } from '../openapi/describe.js';
import { SERVER_OPTIONS, type ServerOptions } from '../options.js';

const Live = z.strictObject({ status: z.literal('ok') }).meta({ id: 'Live' });

const Ready = z
  .strictObject({
    status: z.enum(['ok', 'not-ready']),
    reasons: z
      .array(z.string())
      .describe('What is wrong; may also name lesser trouble while ready.'),
  })
  .meta({ id: 'Ready' });

/** Probes. */
@Controller('health')
export class HealthController {
  constructor(@Inject(SERVER_OPTIONS) private readonly options: ServerOptions) {}

  @Get('live')
  @Describe({
    summary: 'Whether the process answers at all',
    answers: { 200: { description: 'It does.', schema: Live } },
  })
  live(): z.output<typeof Live> {
    return { status: 'ok' };
  }

  @Get('ready')
  @Describe({
    summary: 'Whether it can take work now, and why not',
    answers: {
      200: { description: 'It can.', schema: Ready },
      503: { description: 'It cannot.', schema: Ready },
    },
  })
  ready(@Res({ passthrough: true }) reply: FastifyReply): z.output<typeof Ready> {
    const { isReady, reasons } = this.options.coordinator.health();
    void reply.status(isReady ? 200 : 503);
    return { status: isReady ? 'ok' : 'not-ready', reasons: [...reasons] };
  }
}
