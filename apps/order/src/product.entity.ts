import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One line of the catalogue. */
@Entity('product')
export class Product {
  @PrimaryColumn('text')
  sku!: string;

  @Column('integer', { name: 'price_cents' })
  priceCents!: number;
}
