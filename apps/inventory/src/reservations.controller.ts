import { Controller, Get, Query } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { OrderId } from '@skald/contracts';
import { Repository } from 'typeorm';
import { Reservation } from './reservation.entity.js';

const MAX_LISTED = 200;

/** Who holds what, newest first. */
@Controller('reservations')
export class ReservationsController {
  constructor(
    @InjectRepository(Reservation) private readonly reservations: Repository<Reservation>,
  ) {}

  @Get()
  async list(@Query('orderId', { schema: OrderId.optional() }) orderId?: string) {
    const rows = await this.reservations.find({
      where: orderId === undefined ? {} : { orderId },
      order: { createdAt: 'DESC', id: 'ASC' },
      take: MAX_LISTED,
    });
    return { items: rows.map(view) };
  }
}

function view({ id, orderId, sku, quantity, status }: Reservation) {
  return { id, orderId, sku, quantity, status };
}
