import { Controller, Get, NotFoundException, Param } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { OrderId } from '@skald/contracts';
import { Repository } from 'typeorm';
import { CustomerOrder } from './order.entity.js';

const MAX_LISTED = 100;

/** Orders to look at. */
@Controller('orders')
export class OrdersController {
  constructor(
    @InjectRepository(CustomerOrder) private readonly orders: Repository<CustomerOrder>,
  ) {}

  /** The newest orders, newest first. */
  @Get()
  async list() {
    const rows = await this.orders.find({
      relations: { lines: true },
      order: { createdAt: 'DESC', id: 'ASC' },
      take: MAX_LISTED,
    });
    return { items: rows.map(view) };
  }

  @Get(':id')
  async find(@Param('id') id: string) {
    const isId = OrderId.safeParse(id).success;
    const row = isId && (await this.orders.findOne({ where: { id }, relations: { lines: true } }));
    if (!row) throw new NotFoundException(`there is no order ${id}`);
    return view(row);
  }
}

function view({ id, customerId, status, lines, totalCents }: CustomerOrder) {
  const inOrder = [...lines].sort((one, other) => one.position - other.position);
  const items = inOrder.map(({ sku, quantity }) => ({ sku, quantity }));
  return { id, customerId, status, items, totalCents };
}
