import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** Stock that one order holds, held, or has taken. */
@Entity('reservation')
export class Reservation {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'order_id' })
  orderId!: string;

  @Column('text')
  sku!: string;

  @Column('integer')
  quantity!: number;

  @Column('text')
  status!: 'held' | 'released' | 'deducted';

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
