import { WarehouseInit0000000000001 } from './0000000000001-init.js';

/** Migrations of a warehouse's own tables, oldest first. */
export const warehouseMigrations = [WarehouseInit0000000000001];
