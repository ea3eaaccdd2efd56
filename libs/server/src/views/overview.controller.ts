import { Controller, Get, Inject, Query } from '@nestjs/common';
import { z } from 'zod';
import { digits, PageQuery, pageOf, queryOf, TimeParameter } from '../http/query.js';
import { wrongField } from '../http/field-errors.js';
import { Name } from '../http/text.js';
import { InDoubtItem } from '../in-doubt/in-doubt.schema.js';
import { inDoubt } from '../in-doubt/in-doubt-view.js';
import { Describe } from '../openapi/describe.js';
import { listOf, NO_QUERY } from '../openapi/shapes.js';
import { SERVER_OPTIONS, type ServerOptions } from '../options.js';
import { itemOf } from '../transactions/view.js';
import { StatusSchema, Time, TransactionItem } from '../transactions/view.schema.js';
import { attentionOf, UnsettledBranch } from './attention.js';
import { ParticipantView, participantViewOf } from './participants.js';

const ParticipantList = z.strictObject({
  items: z.array(ParticipantView),
  nextCursor: z.null(),
});

const AttentionItem = z
  .strictObject({
    ...TransactionItem.shape,
    attention: z
      .enum(['parked', 'in-doubt', 'overdue', 'definition-missing'])
      .describe('Why it is listed.'),
    since: Time.describe('Parked or decided then, or its deadline.'),
    branches: z
      .array(UnsettledBranch)
      .optional()
      .describe('Two-phase: those that have not acknowledged the decision, and may hold locks.'),
  })
  .meta({ id: 'AttentionItem' });

const AttentionPage = listOf(AttentionItem).extend({
  participants: z.array(ParticipantView).describe('Those whose circuit is not closed.'),
  inDoubt: z
    .array(InDoubtItem)
    .describe(
      'Prepared at participants for longer than 10 s, with the locks they hold; at most 50.',
    ),
});

/** Prepared for less is the ordinary course of things. */
const IN_DOUBT_AFTER_MS = 10_000;
const MAX_IN_DOUBT = 50;
const MAX_BUCKETS = 1_500;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const StatsQuery = z.strictObject({
  from: TimeParameter.describe('An hour ago by default.'),
  to: TimeParameter.describe('Now by default.'),
  bucketMs: digits(MINUTE_MS, 24 * HOUR_MS)
    .refine((ms) => ms % MINUTE_MS === 0, 'expected whole minutes')
    .default(MINUTE_MS)
    .describe('Whole minutes. Buckets begin at multiples of it since the epoch.'),
  definition: Name.optional(),
});

const StatsView = z
  .strictObject({
    from: Time,
    to: Time,
    bucketMs: z.int(),
    buckets: z.array(
      z.strictObject({
        at: Time,
        definition: z.string(),
        started: z.int(),
        completed: z.int(),
        compensated: z.int(),
        parked: z.int(),
        p50Ms: z.number().nullable().describe('From start to end; right within 2 %.'),
        p95Ms: z.number().nullable(),
        p99Ms: z.number().nullable(),
      }),
    ),
    parkedByReason: z.record(z.string(), z.int()),
    oldest: TransactionItem.nullable().describe('Of those neither ended nor parked.'),
    counts: z.record(StatusSchema, z.int()).describe('Of all transactions, by status.'),
    countsEstimated: z.boolean(),
  })
  .meta({ id: 'Stats' });

/** What an operator looks at first. */
@Controller('v1')
export class OverviewController {
  constructor(@Inject(SERVER_OPTIONS) private readonly options: ServerOptions) {}

  @Get('participants')
  @Describe({
    summary: 'Participants: circuit, load and latency as this coordinator sees them',
    query: NO_QUERY,
    answers: { 200: { description: 'All of them.', schema: ParticipantList } },
  })
  participants(@Query() parameters: unknown) {
    queryOf(NO_QUERY, parameters);
    return {
      items: this.options.coordinator.participants().map(participantViewOf),
      nextCursor: null,
    };
  }

  @Get('attention')
  @Describe({
    summary: 'What needs a human now, worst first',
    query: PageQuery,
    answers: { 200: { description: 'A page.', schema: AttentionPage } },
  })
  async attention(@Query() parameters: unknown) {
    const { coordinator, views } = this.options;
    const [page, prepared] = await Promise.all([
      views.attention(pageOf(queryOf(PageQuery, parameters))),
      inDoubt(this.options),
    ]);
    const items = page.items.map((item) => {
      const snapshot = coordinator.snapshotOf({ ...item, history: [] });
      return { ...itemOf(snapshot), ...attentionOf(snapshot) };
    });
    const troubled = coordinator.participants().filter(({ circuit }) => circuit !== 'closed');
    const old = prepared.items.filter(({ ageMs }) => ageMs >= IN_DOUBT_AFTER_MS);
    return {
      items,
      nextCursor: page.nextCursor,
      participants: troubled.map(participantViewOf),
      inDoubt: old.slice(0, MAX_IN_DOUBT),
    };
  }

  @Get('stats')
  @Describe({
    summary: 'Starts, ends and durations per bucket of time and definition',
    query: StatsQuery,
    answers: { 200: { description: 'Only buckets with something in them.', schema: StatsView } },
  })
  async stats(@Query() parameters: unknown) {
    const { coordinator, views } = this.options;
    const query = queryOf(StatsQuery, parameters);
    const to = query.to ?? coordinator.now();
    const { bucketMs, definition } = query;
    const from = Math.floor((query.from ?? to - HOUR_MS) / bucketMs) * bucketMs;
    if (from >= to || (to - from) / bucketMs > MAX_BUCKETS) {
      const expected = `expected a time before to, at most ${MAX_BUCKETS} buckets apart`;
      throw wrongField('from', expected, new Date(from).toISOString());
    }
    const filter = definition === undefined ? {} : { definition };
    const [{ buckets, parkedByReason }, oldest, counted] = await Promise.all([
      views.stats({ from, to, bucketMs, ...filter }),
      views.oldestOpen(),
      views.counts(filter),
    ]);
    return {
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      bucketMs,
      buckets: buckets.map((bucket) => ({ ...bucket, at: new Date(bucket.at).toISOString() })),
      parkedByReason,
      oldest: oldest ? itemOf(coordinator.snapshotOf({ ...oldest, history: [] })) : null,
      counts: counted.counts,
      countsEstimated: counted.isEstimated,
    };
  }
}
