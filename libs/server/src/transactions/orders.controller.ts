import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { CoordinatorError, type TransactionId } from '@skald/core';
import type { Order, Preview } from '@skald/engine';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ifVersionIn } from '../http/preferences.js';
import { Flag, queryOf } from '../http/query.js';
import { Describe, type RouteDescription } from '../openapi/describe.js';
import { SERVER_OPTIONS, type ServerOptions } from '../options.js';
import { answerWith } from './answer.js';
import {
  ORDERS,
  PlainOrderRequest,
  PreviewView,
  ResolveRequest,
  SkipRequest,
  withReason,
} from './order-request.js';
import { transactionIdIn } from './start-request.js';
import { TransactionView } from './view.schema.js';

type OrderRoute = FastifyRequest<{ Params: { id: string } }>;

const OrderQuery = z.strictObject({
  preview: Flag.describe('Only tells what would follow; the reason may be left out.'),
});

function described(summary: string, body: z.ZodType): RouteDescription {
  return {
    summary,
    query: OrderQuery,
    headers: { 'If-Match': 'The version that was looked at, like `"7"`.' },
    body,
    answers: {
      202: { description: 'Done and audited; what follows is under way.', schema: TransactionView },
      200: { description: 'With `preview=true`: what would follow.', schema: PreviewView },
    },
    problems: ['TRANSACTION_NOT_FOUND', 'TRANSACTION_GONE', 'STATE_FORBIDS', 'VERSION_MISMATCH'],
  };
}

/** What a caller or an operator may ask of a transaction that is under way or parked. */
@Controller('v1/transactions/:id')
export class OrdersController {
  constructor(@Inject(SERVER_OPTIONS) private readonly options: ServerOptions) {}

  @Post('cancel')
  @Describe(
    described('Turn it back, unless its point of no return is behind it', PlainOrderRequest),
  )
  cancel(@Req() request: OrderRoute, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.carryOut(ORDERS.cancel, request, reply);
  }

  @Post('retry')
  @Describe(
    described('Ask again at once; parked: with a fresh budget of attempts', PlainOrderRequest),
  )
  retry(@Req() request: OrderRoute, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.carryOut(ORDERS.retry, request, reply);
  }

  @Post('skip')
  @Describe(described('Leave out what a parked transaction waits for', SkipRequest))
  skip(@Req() request: OrderRoute, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.carryOut(ORDERS.skip, request, reply);
  }

  @Post('resolve')
  @Describe(described('Say the outcome that could not be learnt', ResolveRequest))
  resolve(@Req() request: OrderRoute, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.carryOut(ORDERS.resolve, request, reply);
  }

  private async carryOut(read: (body: unknown) => Order, request: OrderRoute, reply: FastifyReply) {
    const { coordinator, views } = this.options;
    const id = transactionIdIn(request.params.id);
    const ifVersion = ifVersionIn(request.headers['if-match']);
    const { preview } = queryOf(OrderQuery, request.query);
    if (preview)
      return this.preview(id, { order: read(withReason(request.body)), ifVersion }, reply);
    const snapshot = await coordinator.order(id, read(request.body), { ifVersion });
    void reply.status(202);
    return answerWith(reply, snapshot, { views, now: coordinator.now() });
  }

  private async preview(
    id: TransactionId,
    { order, ifVersion }: { readonly order: Order; readonly ifVersion: number | undefined },
    reply: FastifyReply,
  ): Promise<Preview> {
    const preview = await this.options.coordinator.preview(id, order);
    if (ifVersion !== undefined && ifVersion !== preview.version) {
      const detail = `the version is ${preview.version}, not ${ifVersion}`;
      throw new CoordinatorError('VERSION_MISMATCH', detail);
    }
    void reply.status(200).header('etag', `"${preview.version}"`);
    return preview;
  }
}
