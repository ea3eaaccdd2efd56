import { Controller, Get, NotFoundException, Param } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

const MAX_LISTED = 500;

/** What there is of one sku, and what there was in the beginning. */
interface StockView {
  readonly sku: string;
  readonly onHand: number;
  readonly opening: number;
}

/** What there is, to look at. */
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
}

/** What came in counts at once, booked in the sku's row or not. */
const STOCK = `
  select sku, on_hand + coming as "onHand", opening
  from stock cross join lateral (
    select coalesce(sum(quantity), 0)::integer as coming from movement
    where movement.sku = stock.sku and not is_booked
  ) as came
  where $1::text is null or sku = $1 order by sku limit $2`;
