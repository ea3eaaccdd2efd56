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
import { InjectRepository } from '@nestjs/typeorm';
import { z } from 'zod';
import { Repository } from 'typeorm';
import { Stock } from './stock.entity.js';

const MAX_LISTED = 200;
const MAX_ON_HAND = 2_000_000_000;

const Restock = z.strictObject({ quantity: z.int().positive().max(MAX_ON_HAND) });

/** What there is, to look at; and a delivery of more. */
@Controller('stock')
export class StockController {
  constructor(@InjectRepository(Stock) private readonly stock: Repository<Stock>) {}

  @Get()
  async list() {
    const rows = await this.stock.find({ order: { sku: 'ASC' }, take: MAX_LISTED });
    return { items: rows.map(view) };
  }

  @Get(':sku')
  async find(@Param('sku') sku: string) {
    const row = await this.stock.findOneBy({ sku });
    if (!row) throw noSuchSku(sku);
    return view(row);
  }

  @Post(':sku/restock')
  @HttpCode(200)
  async restock(
    @Param('sku') sku: string,
    @Body({ schema: Restock }) { quantity }: z.output<typeof Restock>,
  ) {
    // One statement: a concurrent reserve waits for this row no longer than it takes.
    const { affected } = await this.stock
      .createQueryBuilder()
      .update()
      .set({ onHand: () => 'on_hand + :quantity' })
      .where('sku = :sku and on_hand <= :limit', { sku, quantity, limit: MAX_ON_HAND - quantity })
      .execute();
    const row = await this.find(sku);
    if (affected === 0) throw new ConflictException(`no room for ${quantity} more of ${sku}`);
    return row;
  }
}

function noSuchSku(sku: string) {
  return new NotFoundException(`there is no stock of ${sku}`);
}

function view({ sku, onHand, reserved }: Stock) {
  return { sku, onHand, reserved, available: onHand - reserved };
}
