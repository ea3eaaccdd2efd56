import { payment } from '@skald/contracts';
import { startService, type Service, type ServiceConfig } from '@skald/participant';
import { paymentDatabase } from './database.js';
import { AccountsController } from './accounts.controller.js';
import { PaymentParticipant } from './payment.participant.js';
import { PaymentsController } from './payments.controller.js';

/** The payment service: customers' accounts and what was charged. */
export function startPayment(config: ServiceConfig): Promise<Service> {
  const controllers = [PaymentParticipant, AccountsController, PaymentsController];
  return startService({ participant: payment, database: paymentDatabase, controllers }, config);
}
