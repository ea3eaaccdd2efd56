import { payment } from '@skald/contracts';
import { startService, type Service, type ServiceConfig } from '@skald/participant';
import { AccountsController } from './accounts.controller.js';
import { AuthorizationParticipant, giveBackExpired } from './authorization.participant.js';
import { paymentDatabase } from './database.js';
import { LedgerController } from './ledger.controller.js';
import { PaymentParticipant } from './payment.participant.js';
import { PaymentsController } from './payments.controller.js';
import { SettlementParticipant } from './settlement.participant.js';

const EXPIRY_EVERY_MS = 1_000;

/** The payment service: customers' accounts, what was charged, and the merchant's ledger. */
export function startPayment(config: ServiceConfig): Promise<Service> {
  return startService(
    {
      participant: payment,
      database: paymentDatabase,
      controllers: [
        PaymentParticipant,
        AuthorizationParticipant,
        SettlementParticipant,
        AccountsController,
        PaymentsController,
        LedgerController,
      ],
      jobs: (dataSource) => [
        {
          name: 'giving back expired authorizations',
          everyMs: EXPIRY_EVERY_MS,
          run: () => giveBackExpired(dataSource),
        },
      ],
    },
    config,
  );
}
