import {
  Body,
  Controller,
  Get,
  Headers,
  Inject,
  Param,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import type { TransactionId } from '@skald/core';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { preferencesIn } from '../http/preferences.js';
import { digits, MAX_PAGE, pageOf, queryOf } from '../http/query.js';
import { Describe } from '../openapi/describe.js';
import { listOf, NO_QUERY } from '../openapi/shapes.js';
import { SERVER_OPTIONS, type ServerOptions } from '../options.js';
import { answerWith } from './answer.js';
import { ExportFile, exportOf } from './export.js';
import { wholeHistory } from './history.js';
import { HistoryItem, historyItemOf } from './history-view.js';
import { filterOf, ListQuery } from './list-query.js';
import { idOfIdempotencyKey, StartRequest, transactionIdIn } from './start-request.js';
import { start } from './starts.js';
import { newId } from './uuid.js';
import { itemOf } from './view.js';
import { StatusSchema, TransactionItem, TransactionView } from './view.schema.js';

type Head = Readonly<Record<string, string | string[] | undefined>>;

const PREFER =
  '`wait=N` (1 to 60 s) waits for the end, and `return=minimal` leaves out payloads and steps.';

const STARTED = {
  201: { description: 'Started; durable.', schema: TransactionView },
  200: { description: 'The same request again: what it started.', schema: TransactionView },
  202: { description: 'The wait ran out: its state now.', schema: TransactionView },
};

const START_PROBLEMS = ['DEFINITION_UNKNOWN', 'TRANSACTION_GONE', 'OVERLOADED'] as const;

const HistoryQuery = z.strictObject({
  after: digits(0, Number.MAX_SAFE_INTEGER).default(0),
  limit: digits(1, MAX_PAGE).default(MAX_PAGE),
});

const HistoryPage = z.strictObject({
  items: z.array(HistoryItem),
  nextAfter: z.int().nullable().describe('`after` of the next page; null on the last.'),
});

const TransactionPage = listOf(TransactionItem).extend({
  counts: z.record(StatusSchema, z.int()).optional().describe('With `counts=true`.'),
  countsEstimated: z.boolean().optional(),
});

/** Starting and reading transactions. */
@Controller('v1/transactions')
export class TransactionsController {
  constructor(@Inject(SERVER_OPTIONS) private readonly options: ServerOptions) {}

  @Put(':id')
  @Describe({
    summary: 'Start a transaction under an id of your choice',
    headers: { Prefer: PREFER },
    body: StartRequest,
    answers: STARTED,
    problems: [...START_PROBLEMS, 'TRANSACTION_ID_REUSED'],
  })
  async put(
    @Param('id') id: string,
    @Body() body: unknown,
    @Headers() head: Head,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.startWith({ id: transactionIdIn(id), isKeyed: false }, { body, head }, reply);
  }

  @Post()
  @Describe({
    summary: 'Start a transaction',
    headers: {
      'Idempotency-Key': 'The same key and body again find what they started.',
      Prefer: PREFER,
    },
    body: StartRequest,
    answers: STARTED,
    problems: [...START_PROBLEMS, 'IDEMPOTENCY_KEY_REUSED'],
  })
  async post(
    @Body() body: unknown,
    @Headers() head: Head,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const key = head['idempotency-key'];
    const id = key === undefined ? newId(Date.now()) : idOfIdempotencyKey(key);
    return this.startWith({ id, isKeyed: key !== undefined }, { body, head }, reply);
  }

  @Get()
  @Describe({
    summary: 'List transactions, newest first',
    query: ListQuery,
    answers: { 200: { description: 'A page.', schema: TransactionPage } },
  })
  async list(@Query() parameters: unknown) {
    const { coordinator, views } = this.options;
    const query = queryOf(ListQuery, parameters);
    const filter = filterOf(query);
    const [page, counted] = await Promise.all([
      views.list(filter, pageOf(query)),
      query.counts ? views.counts(filter) : undefined,
    ]);
    const stored = page.items.map((item) => coordinator.snapshotOf({ ...item, history: [] }));
    return {
      items: stored.map(itemOf),
      nextCursor: page.nextCursor,
      ...(counted && { counts: counted.counts, countsEstimated: counted.isEstimated }),
    };
  }

  @Get(':id')
  @Describe({
    summary: 'One transaction: state, steps with attempts, next retry',
    query: NO_QUERY,
    answers: { 200: { description: 'Its state now.', schema: TransactionView } },
    problems: ['TRANSACTION_NOT_FOUND', 'TRANSACTION_GONE'],
  })
  async get(
    @Param('id') text: string,
    @Query() parameters: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { coordinator, views } = this.options;
    queryOf(NO_QUERY, parameters);
    const snapshot = await coordinator.find(transactionIdIn(text));
    return answerWith(reply, snapshot, { views, now: coordinator.now() });
  }

  @Get(':id/history')
  @Describe({
    summary: 'Its history: one row per transition, oldest first',
    query: HistoryQuery,
    answers: { 200: { description: 'Rows after `after`.', schema: HistoryPage } },
    problems: ['TRANSACTION_NOT_FOUND', 'TRANSACTION_GONE'],
  })
  async history(@Param('id') text: string, @Query() parameters: unknown) {
    const { coordinator, views } = this.options;
    const id = transactionIdIn(text);
    const { after, limit } = queryOf(HistoryQuery, parameters);
    const rows = await views.history(id, after, limit);
    if (rows.length === 0) await coordinator.find(id);
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return { items: rows.map(historyItemOf), nextAfter: last?.seq ?? null };
  }

  @Get(':id/export')
  @Describe({
    summary: 'The transaction as a fixture for tests',
    query: NO_QUERY,
    answers: { 200: { description: 'See docs/reference/export.md.', schema: ExportFile } },
    problems: ['TRANSACTION_NOT_FOUND', 'TRANSACTION_GONE'],
  })
  async export(@Param('id') text: string, @Query() parameters: unknown) {
    const { coordinator, views } = this.options;
    queryOf(NO_QUERY, parameters);
    const snapshot = await coordinator.find(transactionIdIn(text));
    return exportOf(snapshot, await wholeHistory(views, snapshot));
  }

  private async startWith(
    what: { readonly id: TransactionId; readonly isKeyed: boolean },
    { body, head }: { readonly body: unknown; readonly head: Head },
    reply: FastifyReply,
  ) {
    const { coordinator, views } = this.options;
    const preferences = preferencesIn(head['prefer']);
    const { id, isKeyed } = what;
    const { snapshot, status } = await start(coordinator, { id, isKeyed, body, preferences });
    void reply.status(status);
    return answerWith(reply, snapshot, { views, now: coordinator.now(), preferences });
  }
}
