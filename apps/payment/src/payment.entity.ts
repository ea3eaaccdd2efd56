import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { cents } from './cents.js';

/** Money that left an account for one order; authorized, it is set aside and may still come back. */
@Entity('payment')
export class Payment {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'order_id' })
  orderId!: string;

  @Column('text', { name: 'customer_id' })
  customerId!: string;

  @Column('bigint', { name: 'amount_cents', transformer: cents })
  amountCents!: number;

  @Column('text')
  status!: 'authorized' | 'captured' | 'refunded' | 'settled';

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
