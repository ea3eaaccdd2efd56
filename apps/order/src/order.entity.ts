import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn } from 'typeorm';
import type { Relation } from 'typeorm';

export type OrderStatus = 'pending' | 'confirmed' | 'rejected' | 'completed';

/** PostgreSQL's driver gives bigint as text; totals stay well below 2^53 cents. */
const cents = { to: (value: number) => value, from: Number };

/** What a customer ordered. Its id is the transaction's that placed it. */
@Entity('customer_order')
export class CustomerOrder {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text', { name: 'customer_id' })
  customerId!: string;

  @Column('text')
  status!: OrderStatus;

  @Column('bigint', { name: 'total_cents', transformer: cents })
  totalCents!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @OneToMany(() => OrderLine, (line) => line.order)
  lines!: Relation<OrderLine[]>;
}

/** One line of an order, with the price it was sold at. */
@Entity('order_line')
export class OrderLine {
  @PrimaryColumn('uuid', { name: 'order_id' })
  orderId!: string;

  @PrimaryColumn('integer')
  position!: number;

  @Column('text')
  sku!: string;

  @Column('integer')
  quantity!: number;

  @Column('integer', { name: 'price_cents' })
  priceCents!: number;

  @ManyToOne(() => CustomerOrder, (order) => order.lines)
  @JoinColumn({ name: 'order_id' })
  order!: Relation<CustomerOrder>;
}
