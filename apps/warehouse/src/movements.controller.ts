import { Controller, Get, Query } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { z } from 'zod';

const MAX_LISTED = 200;

/** What came in (above 0) or went out (below 0), newest first. */
@Controller('movements')
export class MovementsController {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  @Get()
  async list(@Query('transferId', { schema: z.guid().optional() }) transferId?: string) {
    const values = [transferId ?? null, MAX_LISTED];
    return { items: await this.dataSource.query<unknown[]>(MOVEMENTS, values) };
  }
}

const MOVEMENTS = `
  select id, transfer_id as "transferId", sku, quantity, moved_at as "movedAt" from movement
  where $1::uuid is null or transfer_id = $1 order by moved_at desc, id limit $2`;
