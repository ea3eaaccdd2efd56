import { inventory } from '@skald/contracts';
import { startService, type Service, type ServiceConfig } from '@skald/participant';
import { inventoryDatabase } from './database.js';
import { bookDeductions, DeductionParticipant } from './deduction.participant.js';
import { HoldParticipant } from './hold.participant.js';
import { ReservationsController } from './reservations.controller.js';
import { releaseExpired } from './reserve.js';
import { StockController } from './stock.controller.js';
import { StockParticipant } from './stock.participant.js';

const EVERY_MS = 1_000;

/** The inventory service: stock and who holds it. */
export function startInventory(config: ServiceConfig): Promise<Service> {
  return startService(
    {
      participant: inventory,
      database: inventoryDatabase,
      controllers: [
        StockParticipant,
        HoldParticipant,
        DeductionParticipant,
        StockController,
        ReservationsController,
      ],
      jobs: (dataSource) => [
        {
          name: 'releasing expired holds',
          everyMs: EVERY_MS,
          run: () => releaseExpired(dataSource),
        },
        { name: 'booking deductions', everyMs: EVERY_MS, run: () => bookDeductions(dataSource) },
      ],
    },
    config,
  );
}
