import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { CoordinatorError, ProtocolError } from '@skald/core';
import type { StoredDeadLetter } from '@skald/engine';
import type { FastifyRequest } from 'fastify';
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { checked } from '../http/field-errors.js';
import { PageQuery, pageOf, queryOf } from '../http/query.js';
import { Describe } from '../openapi/describe.js';
import { listOf, NO_QUERY } from '../openapi/shapes.js';
import { LOCAL_PRINCIPAL, SERVER_OPTIONS, type ServerOptions } from '../options.js';
import { PlainOrderRequest } from '../transactions/order-request.js';
import { Time } from '../transactions/view.schema.js';

const DeadLetterItem = z
  .strictObject({
    id: z.string(),
    at: Time,
    source: z.string().describe('`kafka:<topic>/<partition>@<offset>`'),
    reason: z.string(),
    state: z.enum(['open', 'replayed', 'discarded']),
    headers: z.record(z.string(), z.string()),
    sizeBytes: z.int(),
  })
  .meta({ id: 'DeadLetterItem' });

const DeadLetterView = z
  .strictObject({
    ...DeadLetterItem.shape,
    payload: z.string(),
    encoding: z.enum(['utf-8', 'base64']).describe('Of `payload`.'),
  })
  .meta({ id: 'DeadLetter' });

type LetterRoute = FastifyRequest<{ Params: { id: string } }>;

/** Messages that nobody could understand. */
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(@Inject(SERVER_OPTIONS) private readonly options: ServerOptions) {}

  @Get()
  @Describe({
    summary: 'Dead letters, newest first',
    query: PageQuery,
    answers: { 200: { description: 'A page, without payloads.', schema: listOf(DeadLetterItem) } },
  })
  async list(@Query() parameters: unknown) {
    const page = await this.options.views.deadLetters(pageOf(queryOf(PageQuery, parameters)));
    return { items: page.items.map(itemOf), nextCursor: page.nextCursor };
  }

  @Get(':id')
  @Describe({
    summary: 'One dead letter with its payload',
    query: NO_QUERY,
    answers: { 200: { description: 'As it came.', schema: DeadLetterView } },
    problems: ['ROUTE_NOT_FOUND'],
  })
  async get(@Param('id') id: string, @Query() parameters: unknown) {
    queryOf(NO_QUERY, parameters);
    return viewOf(await this.find(id));
  }

  @Post(':id/replay')
  @HttpCode(200)
  @Describe({
    summary: 'Take it in again, as if it arrived now',
    query: NO_QUERY,
    body: PlainOrderRequest,
    answers: { 200: { description: 'Taken in.', schema: DeadLetterView } },
    problems: ['ROUTE_NOT_FOUND', 'STATE_FORBIDS'],
  })
  async replay(@Req() request: LetterRoute) {
    const { replay } = this.options;
    const { reason } = checked(PlainOrderRequest, request.body);
    const letter = await this.find(request.params.id);
    if (!replay) throw forbids('no transport of this coordinator can take it in again');
    this.expectOpen(letter);
    try {
      await replay(letter);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const result = `it still cannot be understood: ${error.message}`;
      await this.audit('dead-letter-replay', letter, { reason, result });
      throw forbids(result);
    }
    return this.close(letter, 'replayed', reason);
  }

  @Post(':id/discard')
  @HttpCode(200)
  @Describe({
    summary: 'Set it aside for good',
    query: NO_QUERY,
    body: PlainOrderRequest,
    answers: { 200: { description: 'Set aside.', schema: DeadLetterView } },
    problems: ['ROUTE_NOT_FOUND', 'STATE_FORBIDS'],
  })
  async discard(@Req() request: LetterRoute) {
    const { reason } = checked(PlainOrderRequest, request.body);
    const letter = await this.find(request.params.id);
    this.expectOpen(letter);
    return this.close(letter, 'discarded', reason);
  }

  private async find(id: string): Promise<StoredDeadLetter> {
    const letter = /^[\w.-]{1,64}$/.test(id) ? await this.options.views.deadLetter(id) : undefined;
    if (!letter) throw new CoordinatorError('ROUTE_NOT_FOUND', `no dead letter ${id}`);
    return letter;
  }

  private expectOpen({ id, state }: StoredDeadLetter): void {
    if (state !== 'open') throw forbids(`dead letter ${id} is ${state} already`);
  }

  private async close(letter: StoredDeadLetter, how: 'replayed' | 'discarded', reason: string) {
    const action = how === 'replayed' ? 'dead-letter-replay' : 'dead-letter-discard';
    const isClosed = await this.options.views.closeDeadLetter(letter.id, how);
    const result = isClosed ? 'done' : 'it was not open any more';
    await this.audit(action, letter, { reason, result });
    if (!isClosed) throw forbids(result);
    return viewOf({ ...letter, state: how });
  }

  private audit(
    action: string,
    { id }: StoredDeadLetter,
    { reason, result }: { readonly reason: string; readonly result: string },
  ): Promise<void> {
    return this.options.views.recordAudit({
      at: this.options.coordinator.now(),
      actor: LOCAL_PRINCIPAL,
      action,
      object: id,
      expectedVersion: null,
      newVersion: null,
      reason,
      result,
      data: null,
    });
  }
}

function forbids(detail: string): CoordinatorError {
  return new CoordinatorError('STATE_FORBIDS', detail);
}

function itemOf({ id, at, source, reason, state, headers, payload }: StoredDeadLetter) {
  const sizeBytes = payload.length;
  return { id, at: new Date(at).toISOString(), source, reason, state, headers, sizeBytes };
}

function viewOf(letter: StoredDeadLetter): z.output<typeof DeadLetterView> {
  const isText = isUtf8(letter.payload);
  return {
    ...itemOf(letter),
    headers: { ...letter.headers },
    payload: letter.payload.toString(isText ? 'utf8' : 'base64'),
    encoding: isText ? 'utf-8' : 'base64',
  };
}
