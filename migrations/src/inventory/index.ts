import { InventoryInit0000000000001 } from './0000000000001-init.js';
import { InventoryTwoPhase0000000000002 } from './0000000000002-two-phase.js';

/** Migrations of the inventory service's own tables, oldest first. */
export const inventoryMigrations = [InventoryInit0000000000001, InventoryTwoPhase0000000000002];
