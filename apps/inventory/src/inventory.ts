import { inventory } from '@skald/contracts';
import { startService, type Service, type ServiceConfig } from '@skald/participant';
import { inventoryDatabase } from './database.js';
import { ReservationsController } from './reservations.controller.js';
import { StockController } from './stock.controller.js';
import { StockParticipant } from './stock.participant.js';

/** The inventory service: stock and who holds it. */
export function startInventory(config: ServiceConfig): Promise<Service> {
  const controllers = [StockParticipant, StockController, ReservationsController];
  return startService({ participant: inventory, database: inventoryDatabase, controllers }, config);
}
