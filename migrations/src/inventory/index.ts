import { InventoryInit0000000000001 } from './0000000000001-init.js';

/** Migrations of the inventory service's own tables, oldest first. */
export const inventoryMigrations = [InventoryInit0000000000001];
