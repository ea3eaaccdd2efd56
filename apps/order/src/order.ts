import { order } from '@skald/contracts';
import { startService, type Service, type ServiceConfig } from '@skald/participant';
import { orderDatabase } from './database.js';
import { OrderParticipant } from './order.participant.js';
import { OrdersController } from './orders.controller.js';

/** The order service: catalogue and orders. */
export function startOrder(config: ServiceConfig): Promise<Service> {
  const controllers = [OrderParticipant, OrdersController];
  return startService({ participant: order, database: orderDatabase, controllers }, config);
}
