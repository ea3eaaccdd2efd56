import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What there is of one sku. Available is what is on hand and not reserved. */
@Entity('stock')
export class Stock {
  @PrimaryColumn('text')
  sku!: string;

  @Column('integer', { name: 'on_hand' })
  onHand!: number;

  /** The sum of the sku's held reservations. */
  @Column('integer')
  reserved!: number;
}
