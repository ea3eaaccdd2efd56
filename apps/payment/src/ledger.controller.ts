import { Controller, Get, Query } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { OrderId } from '@skald/contracts';
import { DataSource } from 'typeorm';

const MAX_LISTED = 200;

interface Entry {
  readonly id: string;
  readonly orderId: string;
  readonly paymentId: string;
  readonly amountCents: string;
  readonly bookedAt: Date;
}

interface Total {
  readonly count: number;
  readonly totalCents: string;
}

/** What was booked to the merchant: its total, and the entries, newest first. */
@Controller('ledger')
export class LedgerController {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  @Get()
  async list(@Query('orderId', { schema: OrderId.optional() }) orderId?: string) {
    const order = orderId ?? null;
    // One snapshot: the total is that of the entries at the same moment.
    return this.dataSource.transaction('REPEATABLE READ', async (db) => {
      const entries = await db.query<Entry[]>(ENTRIES, [order, MAX_LISTED]);
      const [total] = await db.query<Total[]>(TOTAL, [order]);
      return {
        items: entries.map((entry) => ({ ...entry, amountCents: Number(entry.amountCents) })),
        count: total?.count ?? 0,
        totalCents: Number(total?.totalCents ?? 0),
      };
    });
  }
}

const ENTRIES = `
  select id, order_id as "orderId", payment_id as "paymentId", amount_cents as "amountCents",
    booked_at as "bookedAt"
  from ledger_entry where $1::uuid is null or order_id = $1 order by booked_at desc, id limit $2`;

const TOTAL = `
  select count(*)::integer as count, coalesce(sum(amount_cents), 0) as "totalCents"
  from ledger_entry where $1::uuid is null or order_id = $1`;
