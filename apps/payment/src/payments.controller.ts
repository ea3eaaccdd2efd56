import { Controller, Get, Query } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { OrderId } from '@skald/contracts';
import { Repository } from 'typeorm';
import { Payment } from './payment.entity.js';

const MAX_LISTED = 200;

/** What was charged, to look at, newest first. */
@Controller('payments')
export class PaymentsController {
  constructor(@InjectRepository(Payment) private readonly payments: Repository<Payment>) {}

  @Get()
  async list(@Query('orderId', { schema: OrderId.optional() }) orderId?: string) {
    const rows = await this.payments.find({
      where: orderId === undefined ? {} : { orderId },
      order: { createdAt: 'DESC', id: 'ASC' },
      take: MAX_LISTED,
    });
    return { items: rows.map(view) };
  }
}

function view({ id, orderId, customerId, amountCents, status }: Payment) {
  return { id, orderId, customerId, amountCents, status };
}
