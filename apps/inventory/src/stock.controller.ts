import {
  Body,
  ConflictException,
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { z } from 'zod';
import { DataSource } from 'typeorm';

const MAX_LISTED = 200;
const MAX_ON_HAND = 2_000_000_000;

const Restock = z.strictObject({ quantity: z.int().positive().max(MAX_ON_HAND) });

/** What there is of one sku. Available is what is on hand and not reserved. */
interface StockView {
  readonly sku: string;
  readonly onHand: number;
  readonly reserved: number;
  readonly available: number;
}

/** What there is, to look at; and a delivery of more. */
@Controller('stock')
export class StockController {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  @Get()
  async list() {
    return { items: await this.dataSource.query<StockView[]>(STOCK, [null, MAX_LISTED]) };
  }

  @Get(':sku')
  async find(@Param('sku') sku: string): Promise<StockView> {
    const [row] = await this.dataSource.query<StockView[]>(STOCK, [sku, 1]);
    if (!row) throw new NotFoundException(`there is no stock of ${sku}`);
    return row;
  }

  @Post(':sku/restock')
  @HttpCode(200)
  async restock(
    @Param('sku') sku: string,
    @Body({ schema: Restock }) { quantity }: z.output<typeof Restock>,
  ): Promise<StockView> {
    const values = [sku, quantity, MAX_ON_HAND - quantity];
    const [, count] = await this.dataSource.query<[unknown, number]>(RESTOCK, values);
    const row = await this.find(sku);
    if (count === 0) throw new ConflictException(`no room for ${quantity} more of ${sku}`);
    return row;
  }
}

/** What left the store counts at once, booked in the sku's row or not. */
const STOCK = `
  select sku, on_hand - out as "onHand", reserved - out as reserved, on_hand - reserved as available
  from stock cross join lateral (
    select coalesce(sum(quantity), 0)::integer as out from deduction where deduction.sku = stock.sku
  ) as deducted
  where $1::text is null or sku = $1 order by sku limit $2`;

/** One statement: a concurrent reserve waits for this row no longer than it takes. */
const RESTOCK = `update stock set on_hand = on_hand + $2 where sku = $1 and on_hand <= $3`;
