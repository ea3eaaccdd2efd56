import { Column, Entity, PrimaryColumn } from 'typeorm';
import { cents } from './cents.js';

/** What a new customer's account is opened with, in cents. */
export const OPENING_BALANCE_CENTS = 100_000_000;

/** A customer's money, in cents. */
@Entity('account')
export class Account {
  /** The customer's id. */
  @PrimaryColumn('text')
  id!: string;

  @Column('bigint', { name: 'balance_cents', transformer: cents })
  balanceCents!: number;

  /** What it was opened with: the balance and all payments not refunded always add up to it. */
  @Column('bigint', { name: 'opened_with_cents', transformer: cents })
  openedWithCents!: number;
}
