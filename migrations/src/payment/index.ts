import { PaymentInit0000000000001 } from './0000000000001-init.js';

/** Migrations of the payment service's own tables, oldest first. */
export const paymentMigrations = [PaymentInit0000000000001];
