import { PaymentInit0000000000001 } from './0000000000001-init.js';
import { PaymentTwoPhase0000000000002 } from './0000000000002-two-phase.js';

/** Migrations of the payment service's own tables, oldest first. */
export const paymentMigrations = [PaymentInit0000000000001, PaymentTwoPhase0000000000002];
