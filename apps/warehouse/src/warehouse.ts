import { warehouse } from '@skald/contracts';
import { startService, type Service } from '@skald/participant';
import type { WarehouseConfig } from './config.js';
import { warehouseDatabase } from './database.js';
import { moveParticipant } from './move.participant.js';
import { MovementsController } from './movements.controller.js';
import { StockController } from './stock.controller.js';

/** A warehouse: what lies there, and what came and went. */
export function startWarehouse(config: WarehouseConfig): Promise<Service> {
  const { WAREHOUSE_NAME: name } = config;
  const contract = warehouse(name);
  return startService(
    {
      participant: contract,
      database: { ...warehouseDatabase, name },
      controllers: [moveParticipant(contract), StockController, MovementsController],
    },
    config,
  );
}
