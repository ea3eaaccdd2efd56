import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { asTransactionId, CoordinatorError } from '@skald/core';
import type { Batch } from '@skald/engine';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { requestHashOf } from '../http/canonical-json.js';
import { checked, wrongField } from '../http/field-errors.js';
import { Flag, PageQuery, pageOf, queryOf } from '../http/query.js';
import { Describe } from '../openapi/describe.js';
import { listOf, NO_QUERY } from '../openapi/shapes.js';
import { LOCAL_PRINCIPAL, SERVER_OPTIONS, type ServerOptions } from '../options.js';
import { PlainOrderRequest, withReason } from '../transactions/order-request.js';
import { idOfIdempotencyKey } from '../transactions/start-request.js';
import { newId } from '../transactions/uuid.js';
import {
  BatchDetails,
  BatchPreview,
  BatchRequest,
  BatchView,
  batchViewOf,
  refusalOf,
  scopeOf,
} from './batch.schema.js';
import { previewOf } from './preview.js';

/** Transactions of one batch. */
const MOST = 100_000;
const MAX_REFUSALS = 50;

const BatchQuery = z.strictObject({
  preview: Flag.describe('Only tells what would follow; the reason may be left out.'),
});

type BatchRoute = FastifyRequest<{ Params: { id: string } }>;

/** One order for many transactions, carried out in the background. */
@Controller('v1/batches')
export class BatchesController {
  constructor(@Inject(SERVER_OPTIONS) private readonly options: ServerOptions) {}

  @Post()
  @Describe({
    summary: 'Give one order to many transactions',
    description:
      'What a filter finds is settled when the batch is made; whether the order is allowed is ' +
      'decided for each transaction when its turn comes. Goes on after a coordinator died, and ' +
      'is carried out at most once for each transaction.',
    query: BatchQuery,
    headers: { 'Idempotency-Key': 'The same key and body again find the batch that they made.' },
    body: BatchRequest,
    answers: {
      202: { description: 'Durable; under way.', schema: BatchView },
      200: { description: 'With `preview=true`: what would follow.', schema: BatchPreview },
    },
    problems: ['STATE_FORBIDS', 'IDEMPOTENCY_KEY_REUSED'],
  })
  async create(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { preview } = queryOf(BatchQuery, request.query);
    if (preview) return this.preview(checked(BatchRequest, withReason(request.body)), reply);
    const asked = checked(BatchRequest, request.body);
    const batch = await this.createFrom(asked, request);
    void reply.status(202).header('location', `/v1/batches/${batch.id}`);
    return batchViewOf(batch);
  }

  @Get()
  @Describe({
    summary: 'Batches, newest first',
    query: PageQuery,
    answers: { 200: { description: 'A page.', schema: listOf(BatchView) } },
  })
  async list(@Query() parameters: unknown) {
    const page = await this.options.views.batches.list(pageOf(queryOf(PageQuery, parameters)));
    return { items: page.items.map(batchViewOf), nextCursor: page.nextCursor };
  }

  @Get(':id')
  @Describe({
    summary: 'One batch: how far it got, and what was refused',
    query: NO_QUERY,
    answers: { 200: { description: 'As it is now.', schema: BatchDetails } },
    problems: ['ROUTE_NOT_FOUND'],
  })
  async get(@Param('id') id: string, @Query() parameters: unknown) {
    queryOf(NO_QUERY, parameters);
    return this.details(await this.find(id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Describe({
    summary: 'Stop a batch; what it did is not undone',
    query: NO_QUERY,
    body: PlainOrderRequest,
    answers: { 200: { description: 'Stopped and audited.', schema: BatchDetails } },
    problems: ['ROUTE_NOT_FOUND', 'STATE_FORBIDS'],
  })
  async cancel(@Req() request: BatchRoute) {
    const { reason } = checked(PlainOrderRequest, request.body);
    const { id, state } = await this.find(request.params.id);
    const isCancelled = await this.options.views.batches.cancel(id, {
      at: this.options.coordinator.now(),
      actor: LOCAL_PRINCIPAL,
      action: 'batch-cancel',
      object: id,
      expectedVersion: null,
      newVersion: null,
      reason,
      result: 'done',
      data: null,
    });
    if (!isCancelled) {
      const was = state === 'running' ? 'done' : state;
      throw new CoordinatorError('STATE_FORBIDS', `batch ${id} is ${was} already`);
    }
    return this.details(await this.find(id));
  }

  private async createFrom(asked: BatchRequest, { body, headers }: FastifyRequest) {
    const { action, reason } = asked;
    const key = headers['idempotency-key'];
    const id = key === undefined ? newId(Date.now()) : idOfIdempotencyKey(key);
    const requestHash = requestHashOf(body);
    const { ids, filter } = body as Pick<BatchRequest, 'ids' | 'filter'>;
    const scopeJson = JSON.stringify(filter ? { filter } : { ids });
    const asks = { id, action, reason, by: LOCAL_PRINCIPAL, requestHash, scopeJson };
    const scope = scopeOf(asked);
    const batch = await this.options.views.batches.create({ ...asks, scope }, MOST);
    if (!batch) throw await this.refusalOf(scope);
    if (batch.requestHash !== requestHash) {
      throw new CoordinatorError('IDEMPOTENCY_KEY_REUSED', 'the key made another batch');
    }
    return batch;
  }

  private async refusalOf(scope: ReturnType<typeof scopeOf>): Promise<CoordinatorError> {
    const [one] = await this.options.views.batches.inScope(scope, 1);
    if (one) return wrongField('filter', `expected at most ${MOST} transactions under it`, 'more');
    return new CoordinatorError('STATE_FORBIDS', 'no unfinished transaction is under this filter');
  }

  private async preview(asked: BatchRequest, reply: FastifyReply) {
    const { coordinator, views } = this.options;
    const ids = await views.batches.inScope(scopeOf(asked), MOST + 1);
    void reply.status(200);
    const what = { action: asked.action, by: LOCAL_PRINCIPAL };
    return previewOf(coordinator, what, { ids, most: MOST });
  }

  private async find(text: string): Promise<Batch> {
    const id = asTransactionId(text);
    const batch = id && (await this.options.views.batches.find(id));
    if (!batch) throw new CoordinatorError('ROUTE_NOT_FOUND', `no batch ${text}`);
    return batch;
  }

  private async details(batch: Batch) {
    const refusals = await this.options.views.batches.refusals(batch.id, MAX_REFUSALS);
    return { ...batchViewOf(batch), refusals: refusals.map(refusalOf) };
  }
}
