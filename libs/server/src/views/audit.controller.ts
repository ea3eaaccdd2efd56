import { Controller, Get, Inject, Query } from '@nestjs/common';
import { z } from 'zod';
import { PAGE, pageOf, queryOf } from '../http/query.js';
import { storableText } from '../http/text.js';
import { Describe } from '../openapi/describe.js';
import { listOf } from '../openapi/shapes.js';
import { SERVER_OPTIONS, type ServerOptions } from '../options.js';
import { Time } from '../transactions/view.schema.js';

const MAX_OBJECT_CHARS = 200;

const AuditItem = z
  .strictObject({
    id: z.string(),
    at: Time,
    actor: z.string(),
    action: z.string(),
    object: z.string(),
    expectedVersion: z.int().nullable(),
    newVersion: z.int().nullable(),
    reason: z.string().nullable(),
    result: z.string().describe('`done`, or why it was refused.'),
    data: z.unknown(),
  })
  .meta({ id: 'AuditItem' });

const AuditQuery = z.strictObject({
  object: storableText(MAX_OBJECT_CHARS).optional().describe("A transaction's or another's id."),
  ...PAGE,
});

/** Who did what, and what was refused. Rows are only ever added. */
@Controller('v1/audit')
export class AuditController {
  constructor(@Inject(SERVER_OPTIONS) private readonly options: ServerOptions) {}

  @Get()
  @Describe({
    summary: 'The audit, newest first',
    query: AuditQuery,
    answers: { 200: { description: 'A page.', schema: listOf(AuditItem) } },
  })
  async list(@Query() parameters: unknown) {
    const query = queryOf(AuditQuery, parameters);
    const page = await this.options.views.audit(pageOf(query), query.object);
    const items = page.items.map((row) => ({
      ...row,
      at: new Date(row.at).toISOString(),
      data: row.data === null ? null : (JSON.parse(row.data) as unknown),
    }));
    return { items, nextCursor: page.nextCursor };
  }
}
